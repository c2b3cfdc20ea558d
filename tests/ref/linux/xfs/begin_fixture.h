// One call of begin on a file of a mounted XFS, and files with written blocks.
#pragma once

#include "ref/linux/xfs/begin.h"
#include "tests/ref/linux/xfs/xfs_fixture.h"

#include <optional>

namespace quire::tests {

inline constexpr ref::iomap::Request kWrite{.write = true};
inline constexpr ref::iomap::Request kZero{.zero = true};
inline constexpr ref::iomap::Request kUnshare{.write = true, .unshare = true};

struct Answer {
  int error = 0;
  ref::iomap::Mapping mapping{};
  ref::iomap::Mapping source{};
};

/// Zeroing and unsharing come with the invalidate lock held (LK-9).
inline Answer begin(
    ref::xfs::Inode& inode, Number pos, Number length,
    const ref::iomap::Request& request = kWrite) {
  std::optional<ref::NotedLock<spec::InvalidateLock>> lock;
  if (request.zero || request.unshare || request.fault) lock.emplace(inode.recorder, inode.number);
  Answer answer;
  answer.error = ref::xfs::Begin(inode, pos, length, request).run(answer.mapping, answer.source);
  return answer;
}

/// Maps [start, start + count) to written blocks from `device_block` on.
inline void put_written(
    ref::xfs::Inode& inode, Number start, Number count, Number device_block,
    bool is_shared = false) {
  inode.attach_dquots();
  ASSERT_TRUE(inode.mount.space.reserve(count));
  const ref::xfs::Run run = inode.mount.space.allocate(count, device_block);
  ASSERT_EQ(run.count, count);
  inode.data.insert({start, count, ref::xfs::ExtentState::written, run.device_block, 0});
  inode.real_blocks += count;
  for (auto* dquot : inode.dquots) {
    ASSERT_EQ(dquot->reserve(count, false), 0);
    dquot->use(count);
  }
  if (!is_shared) return;
  inode.is_reflink = true;
  inode.mount.space.share(run);
}

/// Removes the second owner again, so that the accounts agree.
inline void unshare_blocks(ref::xfs::Inode& inode, Number device_block, Number count) {
  inode.mount.space.release({device_block, count});
}

}  // namespace quire::tests
