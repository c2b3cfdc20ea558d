#include "props/handles/expected_refusal.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>

namespace quire::props {
namespace {

bool is_unit_of_io(std::uint64_t n) { return n == 512 || n == 1024 || n == 2048 || n == 4096; }

}  // namespace

ExpectedRefusal expected_refusal(const HandleCase& c) {
  const std::string name = c.odd == OddOpening::name ? "" : "odd";
  if (c.odd == OddOpening::no_device) return {EINVAL, "volume: no device"};
  if (c.odd == OddOpening::size_no_memory) return {ENOMEM, "odd: no memory for the volume"};
  if (c.odd == OddOpening::size || c.odd == OddOpening::sector_size)
    return {EIO, "odd: the device threw an exception"};
  if (!is_unit_of_io(c.sector_size)) {
    return {
        EINVAL,
        fmt::format(
            "{}: sector size {} is not a power of two from 512 to 4096", name, c.sector_size),
        kBadSector};
  }
  if (!is_unit_of_io(c.block_size)) {
    return {
        EINVAL,
        fmt::format("{}: block size {} is not a power of two from 512 to 4096", name, c.block_size),
        kBadBlock};
  }
  if (c.sector_size > c.block_size) {
    return {
        EINVAL, fmt::format(
                    "{}: block size {} is smaller than the device's sector of {} bytes", name,
                    c.block_size, c.sector_size)};
  }
  if (c.device_bytes < 16 * c.block_size) {
    return {
        EINVAL,
        fmt::format(
            "{}: too small: {} bytes make {} blocks of {}, and a volume needs 16", name,
            c.device_bytes, c.device_bytes / c.block_size, c.block_size),
        kSmall};
  }
  return {};
}

}  // namespace quire::props
