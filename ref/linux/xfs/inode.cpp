#include "ref/linux/xfs/inode.h"

#include "ref/linux/xfs/bmap.h"
#include "ref/require.h"

#include <algorithm>

namespace quire::ref::xfs {
namespace {

/// The default of cow_hint(), blocks.
constexpr std::uint64_t kCowHint = 32;

constexpr std::uint64_t kHalf = 32;  // bits

}  // namespace

Inode::Inode(Mount& on, std::uint64_t file_number, Owner owned_by)
    : iomap::File(on.device, file_number, on.block_size(), on.options.memory, &on.recorder),
      mount(on),
      owner(owned_by),
      data(on.options.index),
      cow(on.options.index) {
  require(mount.files.emplace(number, this).second, "two files have one number");
}

Inode::~Inode() {
  free_blocks_past(*this, 0);
  mount.files.erase(number);
}

std::uint64_t Inode::cow_hint() const {
  const std::uint64_t hint = std::max(extent_size_hint, cow_size_hint);
  return hint != 0 ? hint : kCowHint;
}

void Inode::attach_dquots() {
  if (has_dquots()) return;
  const NotedLock<spec::QuotaTableLock> lock(recorder, 0);
  dquots = {
      &mount.quotas.find(QuotaType::user, owner.user),
      &mount.quotas.find(QuotaType::group, owner.group),
      &mount.quotas.find(QuotaType::project, owner.project)};
}

std::uint64_t Inode::cookie(bool is_shared) const {
  const std::uint64_t low = data.sequence() & ((std::uint64_t{1} << kHalf) - 1);
  return is_shared ? (cow.sequence() << kHalf) | low : low;
}

}  // namespace quire::ref::xfs
