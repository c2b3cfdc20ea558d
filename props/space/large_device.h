// Whether an allocator that may take memory for each block keeps its size on a large device.
#pragma once

#include "props/space/allocator_kind.h"

#include <cstdint>
#include <optional>
#include <string>

namespace quire::props {

/// More blocks than 32 bits count.
inline constexpr std::uint64_t kLargeDevice = (std::uint64_t{1} << 32) + 70;

/// The law that an allocator of kLargeDevice blocks breaks, and the calls, in a process of its own.
/// Empty if it keeps them, or cannot be tried: it makes none, ends its process, or needs more than
/// 5 s of processor time or 2 GiB.
std::optional<std::string> fault_of_large_device(const AllocatorKind& kind);

}  // namespace quire::props
