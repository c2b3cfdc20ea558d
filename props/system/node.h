// What a machine has: the file or block device, and the answers that are not as usual.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quire::props {

/// The system calls that a machine answers.
enum class SystemCall {
  stat,
  open,
  fstat,
  ioctl,
  statx,
  flock,
  fcntl,
  ring_init,
  ring_dontfork,
  submit,
  transfer,  ///< preadv2 and the like; an entry of a ring
  sync,      ///< fdatasync; an entry of a ring
  close,
  ring_exit,
};
inline constexpr std::size_t kCalls = 14;
const char* name_of(SystemCall call);

enum class NodeKind { block, regular, directory, fifo, character };

/// What a file system says of direct I/O: statx(2).
enum class DirectIo { unknown, units };

/// Sizes are bytes.
struct Node {
  NodeKind kind = NodeKind::regular;
  std::uint64_t size = 1 << 20;
  std::uint64_t sector_size = 512;  ///< of a block device
  bool read_only = false;           ///< as BLKROGET says
  bool refuses_direct = false;      ///< open(2) with O_DIRECT: EINVAL
  DirectIo direct = DirectIo::unknown;
  std::uint32_t direct_offset = 0, direct_memory = 0;
  /// Another program has it open exclusively, or locked.
  bool held_elsewhere = false;
  /// Once it was closed, so many exclusive openings find it busy.
  std::uint64_t children_hold = 0;
  /// At so many lookups from the first on, the path leads to another file once it is opened.
  std::uint64_t swaps = 0;
  bool swaps_kind = false;  ///< then to a file of another kind, with the same numbers
};

/// From the n-th call of its kind on, so many are answered otherwise: with a negative errno; a
/// transfer also with at most so many bytes, and a submission with so many entries.
struct CallStrike {
  SystemCall call = SystemCall::transfer;
  std::uint64_t first = 0, times = 1;
  std::int64_t answer = 0;
};

struct MachineSetting {
  Node node;
  std::uint64_t rings = 4;  ///< so many can be made; the next one is refused with ring_error
  int ring_error = -12;
  std::vector<CallStrike> strikes = {};
  std::uint64_t order = 0;  ///< of completions: a seed
  bool from_zero = false;   ///< the first descriptor is 0
  /// ref's device makes the calls: a thread may be cancelled in them, and EAGAIN is an error, as
  /// EINTR of a flush is.
  bool is_ref = false;
};

}  // namespace quire::props
