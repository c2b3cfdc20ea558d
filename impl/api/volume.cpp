// Opens volumes and files. Lets no exception out.
#include <quire/volume.h>

#include "impl/api/handles.h"
#include "impl/error_about.h"
#include "impl/process/no_cancel.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <cerrno>
#include <new>
#include <string>
#include <utility>

namespace quire {
namespace {

constexpr std::uint64_t kBlocksMin = 16;

/// A device as it describes itself, asked once: it may be the program's own.
struct Described {
  std::string name;
  std::uint64_t size;         ///< bytes
  std::uint32_t sector_size;  ///< bytes
};

bool is_unit_of_io(std::uint64_t bytes) {
  return spec::is_power_of_two(bytes) && bytes >= spec::kBlockSizeMin &&
         bytes <= spec::kBlockSizeMax;
}

/// Why a volume with blocks of so many bytes cannot lie on the device; empty if it can.
std::string objection(const Described& device, std::uint64_t block_size) {
  const std::string not_a_unit = " is not a power of two from 512 to 4096";
  const std::string block = "block size " + std::to_string(block_size);
  const std::string sector = std::to_string(device.sector_size);
  if (!is_unit_of_io(device.sector_size)) return "sector size " + sector + not_a_unit;
  if (!is_unit_of_io(block_size)) return block + not_a_unit;
  if (device.sector_size > block_size) {
    return block + " is smaller than the device's sector of " + sector + " bytes";
  }
  const std::uint64_t blocks = device.size / block_size;
  if (blocks < kBlocksMin) {
    return "too small: " + std::to_string(device.size) + " bytes make " + std::to_string(blocks) +
           " blocks of " + std::to_string(block_size) + ", and a volume needs 16";
  }
  return {};
}

/// Deletes what this process made. A child leaves what it inherited as it is: other threads of its
/// parent may have been at work on it, and in the device, when the child was forked.
struct DeleteInItsProcess {
  template <class T>
  void operator()(T* made) const {
    if (made->process == impl::this_process()) delete made;
  }
};

/// The name of a device, which may throw; empty where it does.
std::string name_of(const BlockDevice& device) noexcept {
  try {
    return device.name();
  } catch (...) {
    return {};
  }
}

}  // namespace

Volume::Volume(std::shared_ptr<State> state) : state_(std::move(state)) {}
Volume::Volume(Volume&&) noexcept = default;
Volume& Volume::operator=(Volume&&) noexcept = default;
Volume::~Volume() = default;

Result<Volume> Volume::open(const std::string& path, const VolumeOptions& options) {
  auto device = open_block_device(path);
  if (!device) return std::unexpected(std::move(device.error()));
  try {
    return open(std::shared_ptr<BlockDevice>(std::move(*device)), options);
  } catch (const std::bad_alloc&) {
    return std::unexpected(impl::error_about(path, ENOMEM, "no memory"));
  }
}

Result<Volume> Volume::open(std::shared_ptr<BlockDevice> device, const VolumeOptions& options) {
  if (device == nullptr) return std::unexpected(impl::error_about("volume", EINVAL, "no device"));
  const impl::NoCancel whole;  // a cancellation in the device must not be caught below
  Described described{name_of(*device), 0, 0};
  try {
    described.size = device->size();
    described.sector_size = device->sector_size();
    const std::uint64_t block_size = options.block_size;
    const std::string cause = objection(described, block_size);
    if (!cause.empty()) return std::unexpected(impl::error_about(described.name, EINVAL, cause));
    std::pmr::memory_resource* memory =
        options.memory != nullptr ? options.memory : std::pmr::get_default_resource();
    const std::uint64_t blocks = described.size / block_size;
    auto allocator = impl::make_allocator(options.allocator, blocks);
    if (!allocator) return std::unexpected(std::move(allocator.error()));
    return Volume(std::shared_ptr<State>(
        new State(
            std::move(device), std::move(*allocator), blocks, block_size, options.dirty_max,
            *memory),
        DeleteInItsProcess()));
  } catch (const std::bad_alloc&) {
    return std::unexpected(impl::error_about(described.name, ENOMEM, "no memory for the volume"));
  } catch (...) {
    return std::unexpected(impl::error_about(described.name, EIO, "the device threw an exception"));
  }
}

Result<File> Volume::file(std::uint64_t number) {
  if (state_ == nullptr) {
    return std::unexpected(impl::error_about("volume", EBADF, "it was moved from"));
  }
  if (!is_usable()) {
    return std::unexpected(
        impl::error_about("volume", ESTALE, "a process that this one was forked from opened it"));
  }
  try {
    const std::lock_guard lock(state_->files_lock);
    auto at = state_->files.find(number);
    if (at == state_->files.end()) {
      at = state_->files.emplace(number, std::make_unique<impl::Inode>(state_->shared)).first;
    }
    return File(std::unique_ptr<File::Handle>(
        new File::Handle{state_, *at->second, {}, {0}, {false}, at->second->open_errors()}));
  } catch (const std::bad_alloc&) {
    return std::unexpected(impl::error_about("file", ENOMEM, "no memory for a handle"));
  } catch (...) {
    return std::unexpected(impl::error_about("file", EIO, "it cannot be opened"));
  }
}

std::uint64_t Volume::block_size() const { return state_ ? state_->shared.block_size : 0; }
std::uint64_t Volume::blocks() const { return state_ ? state_->shared.space.blocks() : 0; }
std::uint64_t Volume::free_blocks() const {
  return is_usable() ? state_->shared.space.free_blocks() : 0;
}
std::uint64_t Volume::reserved_blocks() const {
  return is_usable() ? state_->shared.space.reserved_blocks() : 0;
}
bool Volume::is_usable() const {
  return state_ != nullptr && state_->process == impl::this_process();
}

}  // namespace quire
