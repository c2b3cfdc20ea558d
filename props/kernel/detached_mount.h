// A file system of the running kernel, for a run of the checker.
#pragma once

#include "props/device/descriptor.h"
#include "props/device/loop_device.h"

#include <quire/error.h>

#include <optional>
#include <string>

namespace quire::props {

/// A freshly made file system, on a loop device of its own or in memory, that is mounted at no
/// path: only root() leads into it (fsmount(2), Linux 5.2). No other process sees it, and the
/// kernel removes it with the last descriptor, however this process ends.
class DetachedMount {
 public:
  /// kind: "xfs", "ext4", "btrfs" or "tmpfs". Needs root. Errors name the kind and the cause: no
  /// loop device, a mkfs that is missing or fails, a kernel that has no such file system or refuses
  /// to mount it.
  [[nodiscard]] static Result<DetachedMount> make(const std::string& kind);

  /// A descriptor of the topmost folder, for openat(2). Close what was opened by it first.
  int root() const { return root_.get(); }

 private:
  DetachedMount() = default;

  std::optional<LoopDevice> loop_;  // outlives the mount
  Descriptor root_;
};

}  // namespace quire::props
