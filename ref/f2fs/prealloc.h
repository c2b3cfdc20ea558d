// Preallocation before a write: the whole pages that it covers get their blocks at once (7.1).
#pragma once

#include "ref/f2fs/inode.h"
#include "ref/f2fs/node.h"
#include "ref/iov_iter.h"
#include "spec/geometry.h"
#include "spec/word.h"

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

/// Reserves a block for each whole page of the write that has none. Returns how many pages have one
/// now, from the first on: 0 where nothing was tried, because a byte of the source cannot be read,
/// the file stays inline, is atomic, or no page is whole. If all have one, sets `preallocated_all`.
/// Too little space is no error unless not even the first page got a block: ENOSPC, EDQUOT, ENOMEM,
/// or what kept inline data from becoming a block (negative). Requires the IOLOCK.
std::expected<std::uint64_t, int> preallocate(
    Inode& inode, const IovIter& source, std::uint64_t pos);

}  // namespace quire::ref::f2fs
