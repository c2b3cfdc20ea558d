// The pages of a real file and the free blocks of its volume: rules that their answers to a write
// satisfy.
//
// A page is one folio and one block. It is uptodate and has a block, since it was written before,
// or it is stale and a hole. The volume has some number of free blocks.
#pragma once

#include "spec/geometry.h"
#include "spec/word.h"

#include <cerrno>
#include <cstdint>

namespace quire::spec {

/// One write_begin and its answer.
template <class W>
struct PageBegin {
  W pos, end;  ///< the range that it prepared or would have: within one page
  W error;     ///< a positive errno, or 0
  TruthOf<W> uptodate;
};

/// The rules that an answer of a real file satisfies.
template <class W>
struct PageLaws {
  TruthOf<W> filled;    ///< a page that is written in part is read or zeroed first
  TruthOf<W> constant;  ///< a page turns uptodate when it is read or written, and never stale
  TruthOf<W> space;     ///< ENOSPC comes exactly where no block is left and one is needed
};

/// The pages of a write so far. Sets of pages are masks, whose first bit is the page it starts in;
/// pages past its first four are in none.
template <Word W>
class VectorPages {
 public:
  explicit VectorPages(const W& start) : first_(page_of(start)) {}

  /// A write_begin was answered.
  PageLaws<W> begins(const PageBegin<W>& op) {
    const W page = mask_of(op.pos);
    const W in_page = op.pos & (W{kPageSize} - 1);
    const auto done = op.error == 0;
    const auto whole = in_page == 0 && op.end - op.pos == kPageSize;
    const auto seen = (seen_ & page) != 0;
    add(written_, done && !seen && whole && op.uptodate, page);
    const auto needs = ((written_ | taken_ | reserved_) & page) == 0;

    const PageLaws<W> laws{
        implies(done && !whole, op.uptodate),
        implies(done && seen && whole, iff(op.uptodate, (uptodate_ & page) != 0)),
        implies(done && needs, used_ < refused_) &&
            implies(!done, op.error == ENOSPC && needs && granted_ <= used_)};

    seen_ = seen_ | page;  // refused: then it is stale, and in a hole
    add(uptodate_, done && op.uptodate, page);
    add(reserved_, done && needs, page);
    used_ = used_ + ite(done && needs, W{1}, W{0});
    granted_ = max(granted_, used_);
    refused_ = min(refused_, ite(done, refused_, used_));
    return laws;
  }

  /// A write_end of [pos, pos + length) accepted `accepted` bytes.
  void ends(const W& pos, const W& length, const W& accepted) {
    const W page = mask_of(pos);
    const auto reserved = (reserved_ & page) != 0;
    add(taken_, reserved && accepted != 0, page);
    used_ = used_ - ite(reserved && accepted == 0, W{1}, W{0});
    reserved_ = reserved_ & ~page;
    add(uptodate_, accepted == length, page);
  }

  W first() const { return first_; }      ///< which page it starts in
  W written() const { return written_; }  ///< the pages that were written before
  W taken() const { return taken_; }      ///< those for which the write took a block
  /// The fewest blocks that must have been free; exactly so many if space ran out.
  W granted() const { return granted_; }
  TruthOf<W> ran_out() const { return refused_ != kNever; }

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  static W page_of(const W& pos) { return rsh(pos, W{kPageShift}); }
  /// Four comparisons: far easier for a solver than a shift by an open number.
  W mask_of(const W& pos) const {
    const W page = page_of(pos);
    W mask{0};
    for (std::uint64_t i = 0; i < 4; ++i) add(mask, page == first_ + i, W{std::uint64_t{1} << i});
    return mask;
  }
  static void add(W& pages, const TruthOf<W>& holds, const W& page) {
    pages = pages | ite(holds, page, W{0});
  }

  W first_;
  W seen_{0}, uptodate_{0}, written_{0}, taken_{0}, reserved_{0};
  W used_{0}, granted_{0}, refused_{kNever};
};

}  // namespace quire::spec
