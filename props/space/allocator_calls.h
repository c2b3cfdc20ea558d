// Random calls to an allocator, judged by the allocator laws.
#pragma once

#include "props/space/law_abiding_caller.h"

#include <rapidcheck.h>
#include <rapidcheck/state.h>

#include <cstdint>

namespace quire::props {

/// A call, and what it needs to know: the powers of the allocator.
using AllocatorCall = rc::state::Command<std::uint32_t, LawAbidingCaller>;
using AllocatorCalls = rc::state::Commands<AllocatorCall>;

/// Calls to an allocator of these powers.
rc::Gen<AllocatorCalls> arbitrary_calls(std::uint32_t powers);

}  // namespace quire::props
