// What a read or write is to answer.
#pragma once

#include "props/lockstep/command.h"

#include <cstdint>

namespace quire::props {

/// Bytes of a command's memory before the first that faults.
std::uint64_t good_bytes(const Command& command);

/// The answer of a read or write of `bytes` bytes that meets no other limit than the memory, which
/// has `good` bytes before the first that faults: a count or -EFAULT.
std::int64_t answer_for(std::uint64_t bytes, std::uint64_t good);

}  // namespace quire::props
