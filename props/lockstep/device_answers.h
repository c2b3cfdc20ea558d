// What a device answered in one command, block by block.
#pragma once

#include "props/device/fault_injector.h"

#include <cstdint>
#include <span>
#include <unordered_map>

namespace quire::props {

/// The answers to the reads, or to the writes, of one command. Blocks are the volume's, of the
/// device.
class DeviceAnswers {
 public:
  using Number = std::uint64_t;

  struct Answer {
    bool ever_good = false;  ///< an operation on it has succeeded
    int last = 0;            ///< of the last one on it: 0 or a negative errno
  };

  DeviceAnswers(std::span<const DeviceEvent> events, FaultKind kind, Number block_size) {
    for (const DeviceEvent& event : events) {
      if (event.kind != kind) continue;
      const Number end = (event.pos + event.bytes) / block_size;
      for (Number block = event.pos / block_size; block < end; ++block) {
        Answer& answer = answers_[block];
        answer.last = event.error;
        answer.ever_good = answer.ever_good || event.error == 0;
      }
    }
  }

  /// Null if no operation was on it.
  const Answer* find(Number block) const {
    const auto at = answers_.find(block);
    return at == answers_.end() ? nullptr : &at->second;
  }
  /// Whether the last operation on it has failed.
  bool failed(Number block) const {
    const Answer* const answer = find(block);
    return answer != nullptr && answer->last != 0;
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [block, answer] : answers_) visit(block, answer);
  }

 private:
  std::unordered_map<Number, Answer> answers_;
};

}  // namespace quire::props
