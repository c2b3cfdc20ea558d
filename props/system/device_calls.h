// The calls of a case's commands: runs over memory, and what each must leave.
#pragma once

#include "props/memory/sparse_bytes.h"
#include "props/system/any_device.h"
#include "props/system/device_case.h"
#include "props/system/machine.h"

#include <quire/block_device.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace quire::props {

/// One read, write or flush: its memory, and the account of it.
class DeviceCallRun {
 public:
  /// salt: of the bytes that are written. number: of the calls of a command, each on a part of the
  /// device of its own.
  DeviceCallRun(
      const DeviceCommand& command, std::uint64_t salt, std::size_t number, std::uint64_t size,
      std::uint64_t sector_size, bool is_ref);
  DeviceCallRun(const DeviceCallRun&) = delete;
  DeviceCallRun& operator=(const DeviceCallRun&) = delete;

  void play(AnyDevice& device, FakeMachine& machine);
  /// Why it is wrong; nothing if it is right. disk: as it was before the command; becomes as it is
  /// now.
  std::optional<std::string> judge(const FakeMachine& machine, SparseBytes& disk) const;

  /// Whether play() has begun.
  bool is_played() const { return is_played_; }
  const DeviceCallAccount& account() const { return *account_; }
  std::size_t bad_runs() const { return bad_.size(); }
  std::size_t runs() const { return runs_.size(); }

 private:
  std::optional<std::string> judge_read(const FakeMachine& machine, const SparseBytes& disk) const;
  std::optional<std::string> judge_write(const FakeMachine& machine, SparseBytes& disk) const;
  std::optional<std::string> judge_memory(bool with_runs) const;
  std::vector<iovec> flattened() const;

  const DeviceCommand& command_;
  std::uint64_t sector_size_;
  std::vector<std::byte> memory_;  // the segments, each behind a sector of poison
  std::vector<std::byte> before_;
  std::vector<std::vector<iovec>> segments_;
  std::vector<DeviceRun> runs_;
  std::vector<RunAccount> good_;
  std::vector<std::size_t> bad_;
  std::optional<DeviceCallAccount> account_;
  std::vector<int> results_;
  int answer_ = 0;
  bool is_played_ = false;
};

}  // namespace quire::props
