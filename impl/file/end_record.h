// The record of one folio's write_end, for the checker.
#pragma once

#include "impl/cache/folio.h"
#include "impl/record.h"
#include "spec/write/write_begin_end.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quire::impl {

/// Keeps the state of a folio's blocks before a write_end, and reports each of them with its state
/// after: the blocks that the range touches, and one on either side. Does nothing on a thread that
/// is not watched.
class EndRecord {
 public:
  using Number = std::uint64_t;

  /// prepared: bytes from `pos` on that write_begin prepared.
  EndRecord(const Folio& folio, Number pos, Number prepared, Number length, Number copied)
      QUIRE_REQUIRES(folio.mutex()) {
    if (!is_watched()) return;
    op_.folio_pos = folio.pos();
    op_.folio_size = folio.size();
    op_.pos = pos;
    op_.begun = prepared;
    op_.length = length;
    op_.copied = copied;
    op_.range_uptodate = range_uptodate(folio, pos, length);
    op_.block_size = folio.block_size();
    first_ = folio.block_of(pos) == 0 ? 0 : folio.block_of(pos) - 1;
    end_ = std::min(folio.block_after(pos + length) + 1, folio.dirty.size());
    for (std::size_t b = first_; b < end_; ++b) before_.push_back(state(folio, b));
  }

  void send(const Folio& folio, Number accepted) QUIRE_REQUIRES(folio.mutex()) {
    record([&](auto& r) {
      folio.assert_locked();  // which clang's analysis does not see in here
      op_.accepted = accepted;
      op_.folio_uptodate = folio.uptodate.all();
      op_.folio_dirty = !folio.dirty.none();
      op_.all_uptodate = 1;
      for (std::size_t b = 0; b < folio.uptodate.size(); ++b) {
        if (!folio.uptodate.test(b)) op_.all_uptodate = 0;
      }
      for (std::size_t b = first_; b < end_; ++b) {
        op_.block_pos = folio.block_pos(b);
        op_.before = before_[b - first_];
        op_.after = state(folio, b);
        r.write_end(op_);
      }
    });
  }

 private:
  /// Looks at the blocks, not at the batch's own flag: that flag is to be judged.
  static bool range_uptodate(const Folio& folio, Number pos, Number length)
      QUIRE_REQUIRES(folio.mutex()) {
    for (std::size_t b = folio.block_of(pos); b < folio.block_after(pos + length); ++b) {
      if (!folio.uptodate.test(b)) return false;
    }
    return true;
  }
  static spec::BlockState<Number> state(const Folio& folio, std::size_t b)
      QUIRE_REQUIRES(folio.mutex()) {
    return {folio.uptodate.test(b), folio.dirty.test(b)};
  }

  spec::WriteEnd<Number> op_{};
  std::size_t first_ = 0, end_ = 0;
  std::vector<spec::BlockState<Number>> before_;
};

}  // namespace quire::impl
