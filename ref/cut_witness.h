// What the recorder hears of a range that is cut from a cache.
#pragma once

#include "ref/cached_file.h"

#include <cstdint>
#include <vector>

namespace quire::ref {

/// Remembers, where there is a recorder, the cached bytes that a cut of [lstart, lend] could break:
/// those at the edges of each page and of the range. Reports them as they are when it goes.
class CutWitness {
 public:
  CutWitness(CachedFile& file, std::uint64_t lstart, std::uint64_t lend);
  ~CutWitness();
  CutWitness(const CutWitness&) = delete;
  CutWitness& operator=(const CutWitness&) = delete;

 private:
  void remember(Folio& folio, std::uint64_t pos);

  CachedFile& file_;
  std::uint64_t lstart_;
  std::uint64_t lend_;
  std::vector<spec::CutByte<std::uint64_t>> bytes_;
};

}  // namespace quire::ref
