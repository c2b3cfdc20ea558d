// Whether a device can carry a volume of blocks of some size: the checks.
#include "ref/device/block_size.h"

#include "spec/geometry.h"
#include "spec/word.h"

namespace quire::ref {
namespace {

constexpr std::uint64_t kBlocksMin = 16;

}  // namespace

std::expected<void, std::string> check_block_size(const Device& device, std::uint64_t block_size) {
  const std::string named = "block size " + std::to_string(block_size);
  if (!spec::is_power_of_two(block_size)) return std::unexpected(named + " is not a power of two");
  if (block_size < spec::kBlockSizeMin || spec::kBlockSizeMax < block_size) {
    return std::unexpected(named + " is not from 512 to 4096");
  }
  if (block_size < device.sector_size()) {
    return std::unexpected(
        named + " is below the device's sector size " + std::to_string(device.sector_size()));
  }
  if (device.size() / block_size < kBlocksMin) {
    return std::unexpected("the device is too small: it has fewer than 16 blocks");
  }
  return {};
}

}  // namespace quire::ref
