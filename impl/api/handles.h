// The state behind a Volume and a File.
#pragma once

#include "impl/file/inode.h"
#include "impl/file/volume_state.h"
#include "impl/process/this_process.h"

#include <quire/volume.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>

namespace quire {

struct Volume::State {
  State(
      std::shared_ptr<BlockDevice> device, std::unique_ptr<impl::SpaceAllocator> allocator,
      std::uint64_t blocks, std::uint64_t block_size, std::uint64_t dirty_max,
      std::pmr::memory_resource& memory)
      : shared(std::move(device), std::move(allocator), blocks, block_size, dirty_max, memory) {}

  impl::VolumeState shared;
  std::mutex files_lock;  // taken with no other lock held, and none is taken under it
  std::map<std::uint64_t, std::unique_ptr<impl::Inode>> files;
  const std::uint64_t process = impl::this_process();  // opened it, and alone may use it
};

struct File::Handle {
  std::shared_ptr<Volume::State> volume;
  impl::Inode& inode;
  QUIRE_LOCK(Mutex, PositionLock) position_lock;
  std::atomic<std::uint64_t> position{0};
  std::atomic<bool> closed{false};
  impl::ErrSeq::Cursor errors_seen;  // moved by fsync alone, under the volume's flush lock
  const std::uint64_t process = impl::this_process();  // as of the volume
};

}  // namespace quire
