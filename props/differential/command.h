// A checked case: a volume's setting, and commands to its files.
#pragma once

#include "props/memory/user_buffer.h"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quire::props {

/// Actions from fdatasync on are for peers alone (props/peers): impl has no such calls.
enum class Action {
  write,
  read,
  fsync,
  truncate,
  drop_cache,
  reopen,
  fdatasync,
  syncfs,
  seek,          ///< lseek(2)
  fallocate,     ///< fallocate(2)
  clone,         ///< FICLONERANGE
  write_mapped,  ///< a write whose source is a shared mapping of a file of the same volume
  fill,          ///< takes all but `length` bytes of the peer's volume
};

/// One command. Writes and reads use `at` and `memory`; truncate uses `length`.
struct Command {
  Action action = Action::write;
  std::uint64_t file = 0;
  std::int64_t at = 0;  ///< byte of the file, or -1 for the handle's position
  std::vector<BufferShape> memory;
  std::uint64_t length = 0;  ///< the new size, bytes
  bool look_back = false;    ///< read the neighbourhood back through the cache after a write
  /// Of a write by one subject alone: how many bytes of its memory can be read at each access,
  /// fault-in or copy, in turn. The last one stays. Each is the end of a buffer.
  std::vector<std::uint64_t> ends{};
  /// The answer that a vector scripts for a write, of ref, impl and a peer (props/vectors).
  std::optional<std::int64_t> answer{};

  // For peers alone. seek, fallocate, clone and write_mapped also use `at`, the latter three
  // `length`, as does fill.
  std::uint64_t handle = 0;  ///< of the three on the file: 0, or 1 and 2, which append
  int flags = 0;             ///< RWF_* of a write or read, mode of fallocate, whence of seek
  std::uint64_t source = 0;  ///< the file that clone and write_mapped take bytes from
  std::int64_t from = 0;     ///< the first of these bytes
  std::optional<std::uint64_t> limit{};  ///< RLIMIT_FSIZE while the command runs; bytes
};

/// Whether only ref and the kernel can run it.
bool for_peers(const Command& command);

/// Whether it is a write or read of `memory`.
bool moves_bytes(const Command& command);

/// Whether a write may return `answer` where a vector scripts c.answer. If there is neither space
/// nor memory for the first byte, either ENOSPC or EFAULT may be returned: the loop of ref checks
/// space first, that of impl memory.
bool is_answer_of(const Command& c, std::int64_t answer);

/// The class that counts of answers use, with the flags by name: "write APPEND", "fallocate mode
/// 0", "fsync".
std::string class_of(const Command& command);

/// The names of the actions, in their order.
std::span<const std::string_view> action_names();

/// The settings of a whole case.
struct Setting {
  std::uint64_t block_size = 4096;     ///< bytes
  std::uint64_t blocks = 256;          ///< of the volume
  std::uint64_t folio_max = 2 << 20;   ///< impl gets no larger allocation; bytes
  std::uint64_t dirty_max = 64 << 20;  ///< impl writes back above so many dirty bytes
  bool each_byte = false;   ///< peers: read each byte after each command, not only at the end
  std::uint64_t mount = 0;  ///< ref's models: a number of mount options and inode kinds
};

struct Case {
  Setting setting;
  std::vector<Command> commands;
};

/// Bytes that a read or write of `command` asks for.
std::uint64_t total_bytes(const Command& command);

/// A command as a person reads it: "write file 0 at 4096: 100 bytes (prot_none from byte 20 on)".
std::string to_text(const Command& command);

/// A case as one line of JSON, for --replay, and back (replay.cpp). from_replay throws
/// std::invalid_argument, whose text names what is wrong.
std::string to_replay(const Case& checked);
Case from_replay(const std::string& line);

/// Prints a counterexample, for RapidCheck.
void showValue(const Case& checked, std::ostream& os);

}  // namespace quire::props
