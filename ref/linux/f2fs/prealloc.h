// Preallocation before a write: the whole pages that it covers get their blocks at once (7.1).
#pragma once

#include "ref/linux/f2fs/inode.h"
#include "ref/linux/f2fs/node.h"
#include "ref/linux/f2fs/reservation.h"
#include "ref/user_memory/iov_iter.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <cerrno>
#include <cstdint>
#include <expected>

namespace quire::ref::f2fs {

/// Pages, by index: [first, end).
template <class W>
struct PageRange {
  W first;
  W end;
};

/// The pages of which [pos, pos + count) covers every byte. Empty when end <= first.
template <spec::Word W>
constexpr PageRange<W> whole_pages(const W& pos, const W& count) {
  using spec::rsh;
  const W shift{spec::kPageShift};
  return {rsh(pos + (kBlockSize - 1), shift), rsh(pos + count, shift)};
}

/// The progress of a preallocation.
template <class W>
struct Preallocation {
  W at;     ///< the pages before it have a block
  W error;  ///< 0, or why the next one has none
};

/// Preallocates the pages before `end` whose addresses are in one node block. Returns whether more
/// follow. The hooks answer the first page of the next node block, and how many pages from the
/// first on have a block afterwards.
template <spec::Word W, class Hooks>
spec::TruthOf<W> preallocate_in_node(Hooks& hooks, const W& end, Preallocation<W>& done) {
  using spec::ite;
  const W node_end = spec::min(end, W{hooks.end_of_node(done.at)});
  const Taken<W> got = hooks.take(done.at, node_end);
  done.at = done.at + got.granted;
  const W short_of_space = ite(done.at < node_end, W{spec::error(ENOSPC)}, W{0});
  done.error = ite(got.error != 0, got.error, short_of_space);
  return done.error == 0 && done.at < end;
}

/// The result of a preallocation from page `first` on: too little space is no error if some pages
/// got their blocks.
template <spec::Word W>
Taken<W> preallocated(const W& first, const Preallocation<W>& done) {
  using spec::ite;
  const W pages = done.at - first;
  const auto serves =
      pages != 0 && (done.error == spec::error(ENOSPC) || done.error == spec::error(EDQUOT));
  const auto counts = done.error == 0 || serves;
  return {ite(counts, pages, W{0}), ite(counts, W{0}, done.error)};
}

/// Whether a write up to byte `end` may leave blocks of its own past the size, which must be
/// truncated (F2-1). tried: 1 if it preallocated any page.
template <spec::Word W>
spec::TruthOf<W> leaves_blocks_past(
    const Taken<W>& preallocated, const W& tried, const W& size, const W& end) {
  const auto failed = preallocated.error != 0;
  // An error may come after some blocks were reserved.
  return (failed && tried != 0) || (!failed && preallocated.granted != 0 && size < end);
}

/// Reserves a block for each whole page of the write that has none. Returns how many pages have one
/// now, from the first on: 0 where nothing was tried, because a byte of the source cannot be read,
/// the file stays inline, is atomic, or no page is whole. If all have one, sets `preallocated_all`.
/// Too little space is no error unless not even the first page got a block: ENOSPC, EDQUOT, ENOMEM,
/// or the error of converting inline data (negative). Requires the IOLOCK.
std::expected<std::uint64_t, int> preallocate(
    Inode& inode, const IovIter& source, std::uint64_t pos);

}  // namespace quire::ref::f2fs
