// Devices that are larger than the machine's memory.
#pragma once

#include <array>
#include <cstdint>

namespace quire::props {

/// Where the blocks of a volume on a large device may begin: 4 GiB, 2 TiB, and so far that block
/// numbers are above 2^32, also by blocks of 4096 bytes.
inline constexpr std::array<std::uint64_t, 3> kFirstBytes{
    std::uint64_t{1} << 32, std::uint64_t{1} << 41, std::uint64_t{1} << 44};

/// A device of so many bytes is large: a volume on it may begin at any of kFirstBytes.
inline constexpr std::uint64_t kLargeDeviceBytes = std::uint64_t{1} << 45;

}  // namespace quire::props
