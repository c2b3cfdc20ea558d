// A checked case: a volume's setting, and commands to its files.
#pragma once

#include "props/actors/yield_point.h"
#include "props/device/fault.h"
#include "props/differential/action.h"
#include "props/memory/user_buffer.h"

#include <boost/container/vector.hpp>

#include <array>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quire::props {

struct Actor;

/// A lock of a file that another thread may hold.
enum class HeldLock {
  none,
  iolock,  ///< of the file's contents (Linux: i_rwsem)
  ilock,   ///< of its block map
  folio,   ///< of the folio at the first byte of the call, if that is cached
};

/// The names of these locks, in their order.
inline constexpr std::array<std::string_view, 4> kHeldLockNames{"none", "iolock", "ilock", "folio"};

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
  /// Of the device or the memory, while the command runs. Not for peers.
  std::optional<Fault> fault{};
  /// Of the three on the file: 0, or 1 and 2, which append where they write. Without peers fsync
  /// and reopen alone know another than 0, which is 1.
  std::uint64_t handle = 0;

  // For peers alone. seek, fallocate, clone and write_mapped also use `at`, the latter three
  // `length`, as does fill.
  int flags = 0;             ///< RWF_* of a write or read, mode of fallocate, whence of seek
  std::uint64_t source = 0;  ///< the file that clone and write_mapped take bytes from
  std::int64_t from = 0;     ///< the first of these bytes
  std::optional<std::uint64_t> limit{};  ///< RLIMIT_FSIZE while the command runs; bytes
  std::uint64_t ticks = 0;  ///< ref's files: the caller's clock goes on by these before it
  /// ref's files: what another thread holds during a read or write with RWF_NOWAIT.
  HeldLock held = HeldLock::none;

  /// Calls of a second thread while the command runs, one after the other. A case has these or
  /// faults, never both.
  boost::container::vector<Actor> actors{};
};

/// A call that a second thread makes while a command runs.
struct Actor {
  YieldPoint point = YieldPoint::folio_wanted;  ///< it begins where the command passes one
  std::uint64_t at = 0;     ///< for the at-th time, from 0; behind the command if it never does
  std::uint64_t pause = 0;  ///< the command goes on at its own point of this number; 0: at its end
  /// Without actors, not at a position, and no reopen of the handle that the other command uses.
  Command command{};
};

/// Whether a second thread works while one of the case's commands runs.
bool has_actors(std::span<const Command> commands);

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

/// The settings of a whole case.
struct Setting {
  std::uint64_t block_size = 4096;     ///< bytes
  std::uint64_t blocks = 256;          ///< of the volume
  std::uint64_t folio_max = 2 << 20;   ///< impl gets no larger allocation; bytes
  std::uint64_t dirty_max = 64 << 20;  ///< impl writes back above so many dirty bytes
  bool each_byte = false;   ///< peers: read each byte after each command, not only at the end
  std::uint64_t mount = 0;  ///< ref's models: a number of mount options and inode kinds
  /// The volume has so many blocks besides, and allocates them last. So a few blocks lie far behind
  /// the start of a large device.
  std::uint64_t first_block = 0;
  /// ref's files: how handle 2 is opened. 0: only to append; 1: with O_DSYNC, too; 2: with O_SYNC.
  std::uint64_t sync = 0;
  /// ref's XFS: the most blocks of an owner, by user, group and project; 0: not enforced.
  std::array<std::uint64_t, 3> quota{};
  /// ref's XFS, bit k: of kind k, file 1 has another owner than file 0.
  std::uint64_t quota_apart = 0;
  /// ref's files: pages that could be dirty, of which a fifth may be; 0: no writer is throttled.
  std::uint64_t throttle = 0;
  /// impl's volume: 0 first fit over a bitmap, 1 the extent allocator, 2 the buddy allocator.
  std::uint64_t allocator = 0;
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
