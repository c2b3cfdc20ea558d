// A mounted file system: what all of its files share.
#pragma once

#include "ref/device/device.h"
#include "ref/linux/xfs/dquot.h"
#include "ref/linux/xfs/extent_list.h"
#include "ref/linux/xfs/held_locks.h"
#include "ref/linux/xfs/space.h"
#include "ref/require.h"
#include "ref/throttle/volume_throttle.h"
#include "spec/geometry.h"
#include "spec/recorder.h"

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <memory_resource>
#include <optional>

namespace quire::ref::xfs {

class Inode;

struct MountOptions {
  std::uint64_t block_size = 4096;  ///< bytes: a power of two from 512 to a page
  std::uint64_t allocsize = 0;      ///< bytes: a power of two of blocks; 0: preallocation by 5.2
  std::uint64_t first_block = 0;    ///< blocks of the device below it are allocated last
  std::uint64_t stripe = 0;         ///< stripe unit, bytes: a power of two of blocks; 0: none
  bool always_cow = false;          ///< every overwrite goes to new blocks
  IndexShape index{};
  /// The longest run that one transaction allocates, blocks: the shorter, the more fragmented free
  /// space is.
  std::uint64_t run_max = spec::kExtentMax;
  std::array<bool, kQuotaTypes> quota_enforced{};
  std::pmr::memory_resource* memory = std::pmr::get_default_resource();
  spec::Recorder* recorder = nullptr;  ///< receives each step; may be null
  /// Of a Volume; without it no writer waits.
  std::optional<VolumeThrottle> throttle = std::nullopt;
};

/// Extents, sizes and quotas live in memory; the former contents of the device are never read. One
/// thread at a time uses a mount and its files, and its locks are stated, not taken. It must
/// outlive its files.
class Mount {
 public:
  Mount(Device& on, const MountOptions& with)
      : device(on),
        options(with),
        recorder(with.recorder),
        block_shift(static_cast<std::uint64_t>(std::countr_zero(with.block_size))),
        space(on.size() / with.block_size, with.first_block) {
    require(std::has_single_bit(with.block_size), "a block is a power of two of bytes");
    quotas.enforced = with.quota_enforced;
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  Device& device;
  const MountOptions options;
  HeldLocks recorder;               ///< receives the steps of every file
  const std::uint64_t block_shift;  ///< log2 of the bytes of a block
  Space space;                      ///< changed under the SpaceLock
  QuotaTable quotas;
  std::map<std::uint64_t, Inode*> files;  ///< by number; a file enters and leaves by itself
  bool is_shut_down = false;              ///< after a fatal error every begin answers EIO

  std::uint64_t block_size() const { return options.block_size; }

  /// The block that holds byte `pos`; the first block that starts at or past it.
  std::uint64_t block_of(std::uint64_t pos) const { return pos >> block_shift; }
  std::uint64_t block_from(std::uint64_t pos) const {
    return (pos >> block_shift) + ((pos & (block_size() - 1)) != 0);
  }
  std::uint64_t bytes(std::uint64_t blocks) const { return blocks << block_shift; }

  /// The least preallocation, blocks: allocsize, or 64 KiB.
  std::uint64_t allocsize() const {
    const std::uint64_t bytes = options.allocsize != 0 ? options.allocsize : std::uint64_t{1} << 16;
    return bytes < block_size() ? 1 : bytes >> block_shift;
  }
  /// The thresholds of low free space, blocks.
  spec::LowSpace<std::uint64_t> low_space() const {
    return spec::low_space_of(space.blocks() / 100);
  }
};

}  // namespace quire::ref::xfs
