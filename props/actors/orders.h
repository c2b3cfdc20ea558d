// The orders of two threads' calls that explain what both have seen.
#pragma once

#include "props/differential/command.h"
#include "props/differential/file_model.h"
#include "props/judge/failure.h"
#include "props/memory/user_buffer.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quire::props {

/// The files of a case, by number.
using FileModels = std::map<std::uint64_t, FileModel>;

/// A call, and what came of it.
struct Played {
  const Command* command = nullptr;
  std::uint64_t seed = 0;              ///< of the pattern that a write carries
  const UserMemory* memory = nullptr;  ///< holds the bytes that a read has stored
  std::int64_t answer = 0;
  /// A read that a truncate met: it may have stored bytes before, and then counted fewer.
  bool was_cut = false;
  bool may_run_out = false;  ///< the volume was so full that the other calls explain ENOSPC
};

/// An order that explains all answers: how many of the actor's calls come before the command, and
/// the files after all of them.
struct Order {
  std::size_t before = 0;
  FileModels files;
  bool saw_part = false;  ///< a read has seen a part of a write
};

/// Every order in which the command and the actor's calls, made one by one, would have answered and
/// stored the same. The actor's calls keep their order. If there is none, `why_not` is the failure
/// of the one in which the command comes first.
///
/// Each call is atomic but for one: a write that throttles lets readers in, which then see the part
/// of it that is accepted. throttles: whether a write may do so.
std::vector<Order> explain(
    const FileModels& files, const Played& command, std::span<const Played> actors, bool throttles,
    const std::string& subject, std::optional<Failure>& why_not);

/// Whether a write with this answer has stopped short for want of space.
bool stopped_for_space(const Command& c, std::int64_t answer);

/// About how many blocks a call may take or free while it runs.
std::uint64_t blocks_moved(const Command& c, const FileModels& files, std::uint64_t block_size);

}  // namespace quire::props
