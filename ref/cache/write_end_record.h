// The record of a write to one folio, which the clauses of write_end judge.
#pragma once

#include "ref/cache/folio.h"
#include "spec/write/write_begin_end.h"

#include <cstdint>
#include <span>
#include <vector>

namespace quire::ref {

/// A write to one folio, from write_begin to write_end.
struct FolioWrite {
  std::uint64_t pos;              ///< byte of the file
  std::uint64_t begun;            ///< bytes that write_begin prepared
  std::uint64_t length;           ///< bytes that write_end completes
  std::uint64_t copied;           ///< of them, bytes that arrived
  std::uint64_t accepted;         ///< and bytes that count
  std::span<const Block> before;  ///< the folio's blocks as they were prepared
};

/// A record for each block of the folio. Make them when the write is complete and the folio still
/// locked.
std::vector<spec::WriteEnd<std::uint64_t>> write_end_records(
    const Folio& folio, const FolioWrite& write);

}  // namespace quire::ref
