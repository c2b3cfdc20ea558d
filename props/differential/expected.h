// The expected answer of a read or write.
#pragma once

#include "props/differential/command.h"

#include <cstdint>

namespace quire::props {

/// Bytes of a command's memory before the first that faults.
std::uint64_t good_bytes(const Command& command);

/// The answer of a read or write of `bytes` bytes, if only its memory can stop it, which has `good`
/// bytes before the first that faults: a count or -EFAULT.
std::int64_t answer_for(std::uint64_t bytes, std::uint64_t good);

/// The same of one at byte `pos` of a file: -EINVAL if it would end past the largest size.
std::int64_t answer_at(std::uint64_t pos, std::uint64_t asked, std::int64_t answer);

/// The bytes that a read or write with this answer has moved: 0 for an error.
constexpr std::uint64_t count_of(std::int64_t answer) {
  return answer > 0 ? static_cast<std::uint64_t>(answer) : 0;
}

}  // namespace quire::props
