// The allocators that the laws judge: as a user's program knows them, and what is asked of our own.
#pragma once

#include <quire/check/any_allocator.h>

#include <cstdint>

namespace quire::props {

using check::AllocatorKind;
using check::AnyAllocator;
using check::kind_of;
using check::powers_of;

/// Beside the powers: release() leaves blocks that are not granted as they are. The concept asks
/// nothing for such a call.
inline constexpr std::uint32_t kPassesOverStrangers = 1u << 31;

}  // namespace quire::props
