// The parts of a file that the commands of a case use.
#pragma once

#include "spec/geometry.h"

#include <array>
#include <cstdint>
#include <vector>

namespace quire::props {

/// Some parts of a file, each of `bytes` bytes. Positions of a case lie in them.
struct Windows {
  std::uint64_t bytes;
  std::vector<std::uint64_t> starts{0};
};

/// A large position: where a number that is too narrow is cut.
struct LargePlace {
  std::uint64_t pos;  ///< bytes
  const char* name;
};

/// 2^31 and 2^32 bytes; 2^32 sectors of 512 bytes; blocks of 1024 and 2048 bytes; 2^31 and 2^32
/// pages; and the largest size.
inline constexpr std::array<LargePlace, 8> kLargePlaces{
    {{std::uint64_t{1} << 31, "2^31"},
     {std::uint64_t{1} << 32, "2^32"},
     {std::uint64_t{1} << 41, "2^41"},
     {std::uint64_t{1} << 42, "2^42"},
     {std::uint64_t{1} << 43, "2^43"},
     {std::uint64_t{1} << 44, "2^44"},
     {std::uint64_t{1} << 52, "2^52"},
     {spec::kFileSizeMax, "the largest size"}}};

/// Three windows: at the start of the file, at `pos` and around it. The first two are equal but for
/// the high bits, so that a number which is cut to fewer bits takes one for the other. Around the
/// largest size: the last one that a file can have, and two below it.
Windows windows_at(std::uint64_t pos, std::uint64_t bytes);

}  // namespace quire::props
