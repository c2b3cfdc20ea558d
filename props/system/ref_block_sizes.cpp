#include "props/system/ref_block_sizes.h"

#include "ref/device/block_size.h"
#include "ref/device/device.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>

namespace quire::props {
namespace {

/// Of a size alone.
class SizedDevice final : public ref::Device {
 public:
  SizedDevice(std::uint64_t size, std::uint64_t sectors) : size_(size), sectors_(sectors) {}
  std::uint64_t size() const override { return size_; }
  std::uint64_t sector_size() const override { return sectors_; }
  int read(std::uint64_t, std::span<std::byte>) override { return -EIO; }
  int write(std::uint64_t, std::span<const std::byte>) override { return -EIO; }
  int flush() override { return -EIO; }

 private:
  std::uint64_t size_, sectors_;
};

}  // namespace

std::optional<std::pair<std::string, std::string>> wrong_block_size(
    std::uint64_t size, std::uint64_t sector_size) {
  constexpr std::array<std::uint64_t, 11> kSizes{0,    1,    256,  511,  512, 768,
                                                 1024, 2048, 4096, 6144, 8192};
  for (const std::uint64_t block : kSizes) {
    for (const std::uint64_t bytes : {size, block * 16, block * 16 + 511, block * 15}) {
      const SizedDevice shape(bytes, sector_size);
      const auto got = ref::check_block_size(shape, block);
      std::string wanted;
      const std::string named = fmt::format("block size {}", block);
      if (block != 1 && block != 256 && block != 512 && block != 1024 && block != 2048 &&
          block != 4096 && block != 8192)
        wanted = named + " is not a power of two";
      else if (block < 512 || block > 4096)
        wanted = named + " is not from 512 to 4096";
      else if (block < sector_size)
        wanted = fmt::format("{} is below the device's sector size {}", named, sector_size);
      else if (bytes < 16 * block)
        wanted = "the device is too small: it has fewer than 16 blocks";
      const std::string actual = got ? "" : got.error();
      if (actual != wanted) return std::pair("\"" + wanted + "\"", "\"" + actual + "\"");
    }
  }
  return std::nullopt;
}

}  // namespace quire::props
