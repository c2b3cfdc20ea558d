// A file's IOLOCK for a scope, counted in the file.
#pragma once

#include "ref/noted_lock.h"

#include <cstdint>

namespace quire::ref::vfs {

/// States the lock (ref/noted_lock.h) and counts it, so that records made meanwhile can say whether
/// it was held.
class Iolocked {
 public:
  /// holders: of this file's IOLOCK; must outlive this. nowait: it is taken without waiting.
  Iolocked(
      spec::Recorder* recorder, std::uint64_t file_number, std::uint64_t& holders,
      bool nowait = false)
      : lock_(recorder, file_number, nowait), holders_(holders) {
    ++holders_;
  }
  ~Iolocked() { --holders_; }
  Iolocked(const Iolocked&) = delete;
  Iolocked& operator=(const Iolocked&) = delete;

 private:
  NotedLock<spec::Iolock> lock_;
  std::uint64_t& holders_;
};

}  // namespace quire::ref::vfs
