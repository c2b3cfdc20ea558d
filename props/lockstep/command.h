// What a checked case consists of: a volume's setting, and commands to its files.
#pragma once

#include "props/memory/user_buffer.h"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace quire::props {

enum class Action { write, read, fsync, truncate, drop_cache, reopen };

/// One command. Writes and reads use `at` and `memory`; truncate uses `length`.
struct Command {
  Action action = Action::write;
  std::uint64_t file = 0;
  std::int64_t at = 0;  ///< byte of the file, or -1 for the handle's position
  std::vector<BufferShape> memory;
  std::uint64_t length = 0;  ///< the new size, bytes
  bool look_back = false;    ///< read the neighbourhood back through the cache after a write
};

/// What holds for a whole case.
struct Setting {
  std::uint64_t block_size = 4096;     ///< bytes
  std::uint64_t blocks = 256;          ///< of the volume
  std::uint64_t folio_max = 2 << 20;   ///< memory refuses impl larger allocations; bytes
  std::uint64_t dirty_max = 64 << 20;  ///< more dirty bytes than this make impl write back
};

struct Case {
  Setting setting;
  std::vector<Command> commands;
};

/// Bytes that a read or write of `command` asks for.
std::uint64_t total_bytes(const Command& command);

/// A command as a person reads it: "write file 0 at 4096: 100 bytes (prot_none from byte 20 on)".
std::string to_text(const Command& command);

/// A case as one line of JSON, for --replay; and back. from_replay throws std::invalid_argument,
/// whose text names what is wrong.
std::string to_replay(const Case& checked);
Case from_replay(const std::string& line);

/// What RapidCheck prints of a counterexample.
void showValue(const Case& checked, std::ostream& os);

}  // namespace quire::props
