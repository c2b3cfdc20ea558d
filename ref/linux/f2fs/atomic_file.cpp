// Atomic files: start, reserve, commit, abort.
#include "ref/linux/f2fs/atomic_file.h"

#include "ref/linux/f2fs/inline_data.h"
#include "ref/linux/f2fs/reservation.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/linux/f2fs/writeback.h"
#include "ref/noted_lock.h"

#include <cerrno>
#include <memory>
#include <vector>

namespace quire::ref::f2fs {
namespace {

constexpr std::uint64_t kCowNumber = std::uint64_t{1} << 63;  ///< set in the number of a CoW inode

/// Releases the blocks of the CoW inode, and the CoW inode.
void drop_cow(Inode& inode) {
  {
    const OpLocked op_locked(inode.volume);
    release_from(*inode.cow, 0);
  }
  inode.cow.reset();
  inode.atomic_writes = 0;
  inode.atomic_error = 0;
}

/// Moves one block of the CoW inode into the file, which counts it from then on. Allocates nothing,
/// so that it cannot fail.
void take_over(Inode& inode, std::uint64_t index) {
  const NotedLock<spec::NodeLock> node_lock(inode.volume.recorder, inode.number);
  release_block(inode, index);
  inode.node.addresses.insert(inode.cow->node.addresses.extract(index));
  hand_over(inode.cow->node.blocks, inode.node.blocks);
}

}  // namespace

int start_atomic_write(Inode& inode) {
  if (inode.is_atomic()) return 0;
  if (inode.node.is_pinned || (inode.node.is_compressed && !inode.node.addresses.empty())) {
    return -EINVAL;
  }
  if (const int error = convert_inline_inode(inode); error != 0) return error;
  if (const int error = writeback(inode, inode.node.size); error != 0) return error;
  inode.node.is_compressed = false;
  inode.cow = std::make_unique<Inode>(inode.volume, inode.number | kCowNumber, inode.owner);
  inode.cow->node.size = inode.original_size = inode.node.size;
  return 0;
}

int commit_atomic_write(Inode& inode) {
  if (!inode.is_atomic()) return -EINVAL;
  const int error = writeback(inode, inode.node.size);
  if (inode.atomic_error != 0) {
    const int lost = inode.atomic_error;
    abort_atomic_write(inode);
    return lost;
  }
  if (error != 0) return error;
  {
    const OpLocked op_locked(inode.volume);
    std::vector<std::uint64_t> written;
    for (const auto& [index, address] : inode.cow->node.addresses) {
      if (is_block_address(address)) written.push_back(index);
    }
    // All that can fail comes before the first block moves.
    for (const std::uint64_t index : written) {
      if (const int error = need_dnode(inode, index); error != 0) return error;
    }
    for (const std::uint64_t index : written) take_over(inode, index);
  }
  drop_cow(inode);
  return 0;
}

int abort_atomic_write(Inode& inode) {
  if (!inode.is_atomic()) return 0;
  inode.pages.drop_from(0);
  inode.node.size = inode.original_size;
  drop_cow(inode);
  return 0;
}

int reserve_for_atomic_write(Inode& inode, std::uint64_t index) {
  Inode& cow = *inode.cow;
  spec::AtomicReserve<std::uint64_t> step{};
  step.cow_before = cow.node.owned();
  step.cow_nodes_before = cow.node.dnodes.size();
  step.original_before = inode.node.owned();
  step.counter_before = inode.atomic_writes;
  struct Hooks {
    Inode& cow;
    std::uint64_t index;

    bool has_block() const { return cow.node.address(index) != kNullAddress; }
    std::uint64_t reserve_block() const {
      return static_cast<std::uint64_t>(f2fs::reserve_block(cow, index));
    }
  };
  const Hooks hooks{cow, index};
  const auto error = static_cast<int>(reserve_once(hooks, inode.atomic_writes));
  step.cow_after = cow.node.owned();
  step.cow_nodes_after = cow.node.dnodes.size();
  step.original_after = inode.node.owned();
  step.counter_after = inode.atomic_writes;
  if (inode.volume.recorder != nullptr) inode.volume.recorder->step(step);
  return error;
}

}  // namespace quire::ref::f2fs
