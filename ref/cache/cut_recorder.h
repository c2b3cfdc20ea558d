// The record of a range that is cut out of a cache.
#pragma once

#include "ref/cache/address_space.h"
#include "ref/cache/user_mappings.h"
#include "spec/linux/page_cache.h"
#include "spec/recorder.h"

#include <cstdint>
#include <vector>

namespace quire::ref {

/// Remembers, if there is a recorder, the cached bytes that a cut of [lstart, lend] could break:
/// those at the edges of each page and of the range. Reports them when it is destroyed, with their
/// values then.
class CutRecorder {
 public:
  /// lend: the last byte. users: null if no user maps the file. recorder: may be null.
  CutRecorder(
      AddressSpace& pages, const UserMappings* users, spec::Recorder* recorder,
      std::uint64_t lstart, std::uint64_t lend);
  ~CutRecorder();
  CutRecorder(const CutRecorder&) = delete;
  CutRecorder& operator=(const CutRecorder&) = delete;

 private:
  void remember(Folio& folio, std::uint64_t pos);
  bool is_mapped(std::uint64_t pos) const { return users_ != nullptr && users_->is_mapped(pos); }

  AddressSpace& pages_;
  const UserMappings* users_;
  spec::Recorder* recorder_;
  std::uint64_t lstart_;
  std::uint64_t lend_;
  std::vector<spec::CutByte<std::uint64_t>> bytes_;
};

}  // namespace quire::ref
