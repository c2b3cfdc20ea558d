// A machine in qemu that runs one kernel, one file system and the player.
#pragma once

#include "props/device/descriptor.h"
#include "props/guest/conversation.h"

#include <quire/error.h>
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

namespace quire::props::guest {

/// The parts of a machine.
struct MachineParts {
  std::string kind;     ///< the file system: f2fs, xfs, ext4, btrfs
  std::string version;  ///< of the kernel: "6.1"
  std::string folder;   ///< the kernel's, as fetch_kernel leaves it
  std::string qemu = "qemu-system-x86_64";
  std::string player;  ///< path of quire-guest-player

  /// With the kernel from the cache, and the player in the folder of this program.
  static MachineParts of(const std::string& kind, const std::string& version);
};

/// One processor, emulated, with a fresh file system of 512 MiB on its disk. Neither disk nor port
/// has a name: one is an unlinked file, the other a pair of sockets. The kernel ends the machine if
/// this process dies for any reason.
class Machine {
 public:
  /// Starts it and waits until the player greets. Errors are one line and name what is missing or
  /// what failed, with the last line of the guest's console.
  [[nodiscard]] static Result<std::unique_ptr<Machine>> start(const MachineParts& parts);

  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  Conversation& player() { return *player_; }

  /// The line of the guest's console that names a panic, or its last; empty if it has said nothing.
  std::string last_words() const;

 private:
  Machine() = default;

  std::optional<std::string> run(const MachineParts& parts);
  std::optional<std::string> launch(const std::vector<std::string>& arguments, int port);

  pid_t qemu_ = -1;
  Descriptor disk_, initramfs_, console_;
  std::optional<Conversation> player_;
};

}  // namespace quire::props::guest
