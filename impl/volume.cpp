#include <quire/volume.h>

#include "impl/volume_state.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <cerrno>
#include <string>
#include <utility>

namespace quire {
namespace {

constexpr std::uint64_t kBlocksMin = 16;
constexpr std::uint64_t kDirtyMaxDefault = std::uint64_t{256} << 20;

}  // namespace

Volume::Volume(std::shared_ptr<State> state) : state_(std::move(state)) {}
Volume::Volume(Volume&&) noexcept = default;
Volume& Volume::operator=(Volume&&) noexcept = default;
Volume::~Volume() = default;

Result<Volume> Volume::open(const std::string& path, const VolumeOptions& options) {
  auto device = open_block_device(path);
  if (!device) return std::unexpected(device.error());
  return open(std::shared_ptr<BlockDevice>(std::move(*device)), options);
}

Result<Volume> Volume::open(std::shared_ptr<BlockDevice> device, const VolumeOptions& options) {
  const std::uint64_t block_size = options.block_size == 0 ? spec::kPageSize : options.block_size;
  const auto refuse = [&](const std::string& cause) {
    return std::unexpected(Error{EINVAL, device->name() + ": " + cause});
  };
  if (!spec::is_power_of_two(block_size) || block_size < spec::kBlockSizeMin ||
      block_size > spec::kBlockSizeMax) {
    return refuse(
        "block size " + std::to_string(block_size) + " is not a power of two from 512 to 4096");
  }
  if (device->sector_size() > block_size) {
    return refuse(
        "block size " + std::to_string(block_size) + " is smaller than the device's sector of " +
        std::to_string(device->sector_size()) + " bytes");
  }
  const std::uint64_t blocks = device->size() / block_size;
  if (blocks < kBlocksMin) {
    return refuse(
        "too small: " + std::to_string(device->size()) + " bytes make " + std::to_string(blocks) +
        " blocks of " + std::to_string(block_size) + ", and a volume needs 16");
  }
  std::pmr::memory_resource* memory =
      options.memory != nullptr ? options.memory : std::pmr::get_default_resource();
  return Volume(std::shared_ptr<State>(new State{
      {std::move(device), block_size, options.dirty_max == 0 ? kDirtyMaxDefault : options.dirty_max,
       *memory, impl::Space(blocks)},
      {},
      {}}));
}

File Volume::file(std::uint64_t number) {
  const std::lock_guard lock(state_->files_lock);
  std::unique_ptr<impl::Inode>& inode = state_->files[number];
  if (inode == nullptr) inode = std::make_unique<impl::Inode>(state_->shared);
  return File(std::unique_ptr<File::Handle>(
      new File::Handle{state_, *inode, {}, {0}, {false}, inode->open_errors()}));
}

std::uint64_t Volume::block_size() const { return state_->shared.block_size; }
std::uint64_t Volume::blocks() const { return state_->shared.space.blocks(); }
std::uint64_t Volume::free_blocks() const { return state_->shared.space.free_blocks(); }
std::uint64_t Volume::reserved_blocks() const { return state_->shared.space.reserved_blocks(); }

}  // namespace quire
