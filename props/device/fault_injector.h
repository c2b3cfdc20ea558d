// Lets the operations of a command fail as its fault says, and keeps what the device answered.
#pragma once

#include "props/device/fault.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace quire::props {

/// One operation of a device.
struct DeviceEvent {
  FaultKind kind;
  std::uint64_t pos, bytes;  ///< of the device; 0 for a flush
  int error;                 ///< 0 or a negative errno
  std::uint64_t call = 0;    ///< runs that were passed in one call have the same number
};

/// Stands between a subject and its device and memory, which ask it before each operation. Only
/// operations of a command, between begin() and end(), can fail and are kept. One thread at a time.
class FaultInjector {
 public:
  /// sector_size: bytes, of the device.
  explicit FaultInjector(std::uint64_t sector_size) : sector_size_(sector_size) {}

  /// A command begins, with this fault or none. Forgets the operations of the command before it.
  void begin(const std::optional<Fault>& fault);
  void end() { active_ = false; }

  /// The answer that the fault gives an operation: 0, or a negative errno, and then nothing or a
  /// part of it is to be carried out.
  int strike(FaultKind kind, std::uint64_t pos, std::uint64_t bytes);
  /// Says which reads of the device can be damaged: those from byte `pos` on whose caller notices
  /// it. None as long as it is not set.
  void notices_damage(std::function<bool(std::uint64_t pos)> where) { notices_ = std::move(where); }
  bool is_noticed(std::uint64_t pos) const { return notices_ && notices_(pos); }
  /// Whether to damage what a read from there has stored. Its event then has the fault's error.
  bool damages(std::uint64_t pos, std::uint64_t bytes) {
    return active_ && fault_ && fault_->kind == FaultKind::damage && is_noticed(pos) &&
           strike(FaultKind::damage, pos, bytes) != 0;
  }
  int damage_error() const { return -fault_->error; }
  /// The byte of the read from which on it is damaged: the first, or one behind a head.
  std::uint64_t damaged_from() const { return fault_->after % 2 * 8; }
  /// Keeps the answer of an operation.
  void note(const DeviceEvent& event) {
    if (active_) events_.push_back(event);
  }
  /// The number of a call that passes several runs.
  std::uint64_t next_call() { return ++calls_; }
  /// Whether an allocation is to fail.
  bool refuses_memory() { return strike(FaultKind::memory, 0, 0) != 0; }

  std::uint64_t sector_size() const { return sector_size_; }
  /// Of the last command: its operations, and how many of them its fault has failed.
  const std::vector<DeviceEvent>& events() const { return events_; }
  std::uint64_t struck() const { return struck_; }

 private:
  std::uint64_t sector_size_;
  std::optional<Fault> fault_;
  bool active_ = false;
  std::uint64_t passed_ = 0, struck_ = 0, calls_ = 0;
  std::function<bool(std::uint64_t)> notices_;
  std::uint64_t bad_sector_ = 0;  // of FaultReach::place, once struck; its position
  std::vector<DeviceEvent> events_;
};

}  // namespace quire::props
