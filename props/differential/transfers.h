// A read or write of a case: its memory, and the judgement of its outcome.
#pragma once

#include "props/differential/command.h"
#include "props/differential/file_model.h"
#include "props/judge/failure.h"
#include "props/memory/user_buffer.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quire::props {

/// The seed of the pattern that command number i writes; never 0.
constexpr std::uint64_t seed_of(std::size_t i) { return i + 1; }

/// Makes `memory` the source of a write: the pattern of `seed`, through all its buffers.
void fill_sources(UserMemory& memory, const Command& c, std::uint64_t seed);

/// The first `n` bytes that such a write carries.
std::vector<std::byte> source_bytes(std::uint64_t n, std::uint64_t seed);

/// Makes `memory` the destination of a read: all poison.
void fill_destinations(UserMemory& memory, const Command& c);

/// Judges the bytes that a read from `pos` stored in `memory`: `stored` bytes of `file`, and poison
/// behind and around them.
std::optional<Failure> judge_stored(
    const UserMemory& memory, const FileModel& file, std::uint64_t pos, std::uint64_t stored,
    const std::string& subject);

/// Judges the answer of a write whose vector scripts one.
std::optional<Failure> judge_scripted_answer(
    const Command& c, std::int64_t answer, const std::string& subject);

/// The failure of a file whose byte at `pos` is `got`. says: the broken sentence, unless `got` is
/// poison.
Failure wrong_byte(
    const std::string& subject, std::uint64_t pos, std::byte wanted, std::byte got,
    const char* says = "Each byte reads as it was written last, or as zero.");

}  // namespace quire::props
