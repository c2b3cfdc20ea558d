// Keeps Z3's memory below a limit.
//
// Z3 has a limit of its own (memory_max_size), but 4.8.12 sometimes crashes at it.
#pragma once

#include <z3++.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace quire::proofs {

/// Interrupts the questions of all watched contexts while Z3, which counts memory for the whole
/// process, is above the limit. Any thread.
class MemoryWatch {
 public:
  explicit MemoryWatch(unsigned limit_mib);

  /// A context that is watched for as long as this lives. watch: may be null.
  class Watched {
   public:
    Watched(MemoryWatch* watch, z3::context& c);
    ~Watched();
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    /// "Z3 takes more than 2048 MiB" if one of its questions may have been interrupted, else empty.
    std::string interrupted() const;

   private:
    MemoryWatch* watch_;
    z3::context& c_;
  };

 private:
  void work(const std::stop_token& stop);

  const unsigned limit_mib_;
  mutable std::mutex mutex_;
  std::map<z3::context*, bool> watched_;  ///< and whether it was interrupted
  std::jthread thread_;
};

}  // namespace quire::proofs
