// An example: write_begin and write_end of a file system that knows of each block what is cached.
#pragma once

#include "props/hooks/hooked_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace quire::props {

class BlockHooks {
 public:
  using Number = std::uint64_t;

  struct Folio : spec::Begun<Number> {
    HookedFolio* folio = nullptr;
    Number reserved = 0;  ///< blocks
  };

  explicit BlockHooks(HookedFile& file) : file_(file), size_(file.block_size()) {}

  Folio write_begin(Number pos, Number want) {
    HookedFolio* const folio = file_.lock_folio(pos, want);
    if (folio == nullptr) return {{spec::error(ENOMEM), 0, 0}};
    const Number end = same_state_end(*folio, pos, std::min(pos + want, folio->end()));
    const Number need = blocks_without_space(pos, end);
    int error = file_.reserve(need);
    if (error == 0) {
      error = read_edge(*folio, pos, pos, end);
      if (error == 0) error = read_edge(*folio, end - 1, pos, end);
      if (error == 0) return {{0, folio->pos(), end}, folio, need};
      file_.unreserve(need);
    }
    file_.unlock_folio(*folio);
    return {{spec::error(error), 0, 0}};
  }

  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    HookedFolio& folio = *begun.folio;
    // Behind a short copy into a stale block lie undefined bytes.
    const Number accepted = copied < n && !folio.is_uptodate(pos, pos + n) ? 0 : copied;
    const Number end = pos + accepted;
    file_.unreserve(begun.reserved - blocks_without_space(pos, end));
    if (accepted != 0) {
      folio.mark_uptodate(pos, end);
      folio.mark_dirty(pos, end);
      if (file_.size() < end) file_.set_size(end);  // writeback zeroes what lies past it
    }
    file_.unlock_folio(folio);
    return accepted;
  }

 private:
  Number block_at(Number pos) const { return pos - pos % size_; }

  /// Where the blocks of [pos, end) stop being all uptodate, or all stale: a short copy counts in
  /// all of them or in none. A block that the write covers in part is about to be uptodate.
  Number same_state_end(HookedFolio& folio, Number pos, Number end) const {
    const auto uptodate = [&](Number at) {
      return at < pos || end < at + size_ || folio.is_uptodate(at, at + size_);
    };
    Number at = block_at(pos) + size_;
    while (at < end && uptodate(at) == uptodate(block_at(pos))) at += size_;
    return std::min(at, end);
  }

  Number blocks_without_space(Number pos, Number end) {
    const HookedLock<spec::BlockMapLock> map(file_);
    Number blocks = 0;
    for (Number at = block_at(pos); pos < end && at < end; at += size_)
      blocks += file_.needs_space(at) ? 1 : 0;
    return blocks;
  }

  /// Makes the block at `at` uptodate, if [pos, end) leaves a part of it. Returns 0 or an errno.
  int read_edge(HookedFolio& folio, Number at, Number pos, Number end) {
    const Number from = block_at(at), to = from + size_;
    if ((pos <= from && to <= end) || folio.is_uptodate(from, to)) return 0;
    const auto bytes = folio.bytes(from, to);
    const int error = file_.is_mapped(from) ? file_.read_block(from, bytes) : 0;
    if (!file_.is_mapped(from)) std::ranges::fill(bytes, std::byte{0});
    if (error == 0) folio.mark_uptodate(from, to);
    return error;
  }

  HookedFile& file_;
  Number size_;  ///< of a block, bytes
};

}  // namespace quire::props
