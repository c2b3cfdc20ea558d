// Preallocation: node block by node block.
#include "ref/linux/f2fs/prealloc.h"

#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/inline_data.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/noted_lock.h"

#include <algorithm>
#include <vector>

namespace quire::ref::f2fs {
namespace {

/// The first page behind `index` whose address is in another node block.
std::uint64_t end_of_dnode(const Superblock& volume, std::uint64_t index) {
  if (index < volume.inode_addresses) return volume.inode_addresses;
  const std::uint64_t number = (index - volume.inode_addresses) / volume.dnode_addresses;
  return volume.inode_addresses + (number + 1) * volume.dnode_addresses;
}

std::vector<std::uint64_t> holes(const Inode& inode, std::uint64_t first, std::uint64_t end) {
  std::vector<std::uint64_t> indices;
  for (std::uint64_t index = first; index < end; ++index) {
    if (inode.node.address(index) == kNullAddress) indices.push_back(index);
  }
  return indices;
}

/// Pages of [first, end), all in one node block, that have an address afterwards, from the first
/// on.
std::expected<std::uint64_t, int> preallocate_in_dnode(
    Inode& inode, std::uint64_t first, std::uint64_t end) {
  const auto missing = holes(inode, first, end);
  if (missing.empty()) return end - first;
  // A checkpoint may keep a part of a reservation: the next open cuts the excess.
  const NotedLock<spec::NodeChangeLock> node_change(inode.volume.recorder, 0);
  if (const int error = need_dnode(inode, first); error != 0) return std::unexpected(error);
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  const auto granted = reserve(inode, missing, Grant::prefix);
  if (!granted) return std::unexpected(granted.error());
  return *granted == missing.size() ? end - first : missing[*granted] - first;
}

}  // namespace

std::expected<std::uint64_t, int> preallocate(
    Inode& inode, const IovIter& source, std::uint64_t pos) {
  const std::uint64_t count = source.left();
  note_wait<spec::UserMemory>(inode.volume.recorder, 0);
  if (source.fault_in(count) != 0) return 0;
  if (inode.is_atomic()) return 0;
  if (inode.node.is_inline && pos + count <= kInlineMax) return 0;
  const auto pages = whole_pages<std::uint64_t>(pos, count);
  if (pages.end <= pages.first) return 0;
  if (const int error = convert_inline_inode(inode); error != 0) return std::unexpected(error);

  inode.node.must_truncate = true;
  struct Hooks {
    Inode& inode;

    std::uint64_t end_of_node(std::uint64_t at) const { return end_of_dnode(inode.volume, at); }
    Taken<std::uint64_t> take(std::uint64_t first, std::uint64_t end) const {
      const auto got = preallocate_in_dnode(inode, first, end);
      if (!got) return {0, static_cast<std::uint64_t>(got.error())};
      return {*got, 0};
    }
  };
  const Hooks hooks{inode};
  Preallocation<std::uint64_t> done{pages.first, 0};
  while (preallocate_in_node(hooks, pages.end, done)) {
  }
  inode.preallocated_all = done.error == 0;
  const auto answer = preallocated(pages.first, done);
  if (answer.error != 0) return std::unexpected(static_cast<int>(answer.error));
  return answer.granted;
}

}  // namespace quire::ref::f2fs
