// The state that the files of one volume share.
#pragma once

#include "impl/device/guarded_device.h"
#include "impl/file/dirty_files.h"
#include "impl/file/flusher.h"
#include "impl/space/space.h"

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <utility>

namespace quire::impl {

struct VolumeState {
  VolumeState(
      std::shared_ptr<BlockDevice> on, std::unique_ptr<SpaceAllocator> allocator,
      std::uint64_t blocks, std::uint64_t bytes_per_block, std::uint64_t most_dirty,
      std::pmr::memory_resource& from)
      : device(std::move(on)),
        block_size(bytes_per_block),
        dirty_max(most_dirty),
        memory(from),
        space(std::move(allocator), blocks, bytes_per_block) {}

  GuardedDevice device;
  Flusher flusher{device};
  const std::uint64_t block_size;  ///< bytes
  const std::uint64_t dirty_max;   ///< bytes; a writer that finds more dirty writes back first
  std::pmr::memory_resource& memory;
  Space space;
  DirtyFiles dirty;
};

}  // namespace quire::impl
