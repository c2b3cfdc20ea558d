// Whether bytes that a call has promised would survive a power cut.
#pragma once

#include "props/differential/file_model.h"
#include "props/judge/failure.h"
#include "props/peers/files.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace quire::props {

/// Compares bytes [pos, pos + wanted.size()) of a file with what a power cut now would leave of
/// them, and demands that the size there reaches their end (SYN-3). Nothing also where the device
/// of the files cannot be seen.
std::optional<Failure> judge_durable(
    Files& files, std::uint64_t file, std::uint64_t pos, std::span<const std::byte> wanted);

/// The same for all of a file, of a large one ranges_to_compare(). Its size there must be the
/// model's.
std::optional<Failure> judge_durable(Files& files, std::uint64_t file, const FileModel& model);

}  // namespace quire::props
