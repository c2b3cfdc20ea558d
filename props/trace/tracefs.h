// The running kernel's trace, in an instance of this process's own.
#pragma once

#include "props/device/descriptor.h"

#include <quire/error.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace quire::props::trace {

/// One instance of the kernel's tracing, with buffers and events of its own. tracefs is mounted at
/// no path for it (fsmount(2), Linux 5.2).
///
/// The instance is named quire-check.<pid>.<start time> and is removed by the destructor. A killed
/// run leaves it behind, without events once its file system is unmounted; the next run removes it.
class Tracefs {
 public:
  /// Makes the instance; nothing is recorded yet. Needs root. The error names the cause: no tracefs
  /// in this kernel (ENODEV), no permission (EPERM).
  [[nodiscard]] static Result<Tracefs> make();

  Tracefs(Tracefs&&) noexcept = default;
  Tracefs& operator=(Tracefs&&) = delete;
  ~Tracefs();

  /// Records `event` ("iomap/iomap_iter") wherever `filter` holds ("dev == 7340032"); of all tasks,
  /// since writeback is done by the kernel's. False if the kernel has no such event or no such
  /// field.
  [[nodiscard]] bool enable(const std::string& event, const std::string& filter) const;

  /// Starts and stops recording. Whether it did.
  [[nodiscard]] bool record(bool on) const;

  /// Adds a line of our own to the trace.
  void mark(const std::string& text) const;

  /// Hands over the lines recorded since the last call, without their line ends, and forgets them.
  /// Whether all of them could be read.
  [[nodiscard]] bool drain(const std::function<void(std::string_view)>& take);

 private:
  Tracefs() = default;
  [[nodiscard]] bool write(const std::string& file, const std::string& text) const;

  Descriptor root_;
  Descriptor pipe_, marker_;
  std::string name_;     ///< "instances/..."; empty once moved from
  std::string partial_;  ///< the start of a line whose end has not been read
};

/// Removes the instances of dead runs. Returns how many.
std::size_t reap_stale_instances();

}  // namespace quire::props::trace
