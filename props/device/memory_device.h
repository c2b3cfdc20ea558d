// A device of plain bytes that counts its calls, fails on command, and has a volatile cache.
#pragma once

#include "props/device/device_counts.h"
#include "props/device/unflushed_writes.h"
#include "props/memory/poison.h"
#include "props/memory/sparse_bytes.h"

#include <quire/block_device.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace quire::props {

enum class DeviceOp : std::size_t { read, write, flush };

/// A device in memory, made full of kPoison. It takes memory only where it was written, so it may
/// be larger than the machine's. It serves impl as a BlockDevice, and ref by read_at() and
/// write_at().
///
/// Every run must keep the contract of DeviceRun: position and segment lengths (and, for a
/// BlockDevice, segment addresses) are multiples of the sector size, no segment is empty, the run
/// lies in the device. One that does not moves nothing, is answered -EINVAL and counted as a
/// misuse.
///
/// Any thread may call; runs are carried out one at a time.
class MemoryDevice final : public BlockDevice {
 public:
  /// size: bytes, a multiple of sector_size. sector_size: a power of two from 512 to 4096.
  MemoryDevice(std::uint64_t size, std::uint32_t sector_size);

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return sector_size_; }
  const std::string& name() const override { return name_; }

  [[nodiscard]] int read(std::span<const DeviceRun> runs) override;
  void write(std::span<const DeviceRun> runs, std::span<int> results) override;
  [[nodiscard]] int flush() override;

  /// One run. pos: byte of the device. 0 or a negative errno.
  [[nodiscard]] int read_at(std::uint64_t pos, std::span<std::byte> to);
  [[nodiscard]] int write_at(std::uint64_t pos, std::span<const std::byte> from);

  /// Writes poison over all bytes that were written since the last call, on the medium too, cancels
  /// every pending fail(), and sets the counts to 0. Its cost grows with the bytes written.
  void repoison();

  /// Lets the next `after` runs (or flushes) of this kind pass and answers the one behind them with
  /// -error, moving nothing; the other runs of the same call are carried out. Replaces a pending
  /// fail() of the same kind. error: a positive errno.
  void fail(DeviceOp op, std::uint64_t after, int error);

  DeviceCounts counts() const;

  /// Reads the device as a read would, as no call and without an error. [pos, pos + to.size()) lies
  /// in it.
  void peek(std::uint64_t pos, std::span<std::byte> to) const;
  /// Reads what a power cut now would leave, as no call and without an error: the bytes of the last
  /// flush that succeeded, whatever was written since. [pos, pos + to.size()) lies in the device;
  /// both numbers are multiples of 512.
  void read_medium(std::uint64_t pos, std::span<std::byte> to) const;

  /// Whether a sector of [pos, pos + length) was written since the last flush that succeeded.
  bool is_unflushed(std::uint64_t pos, std::uint64_t length) const;

 private:
  struct Fault {
    std::uint64_t after = 0;
    int error = 0;  // 0: none is pending
  };

  bool is_sound(std::uint64_t pos, std::uint64_t length) const;
  bool is_sound(const DeviceRun& run) const;
  int take_fault(DeviceOp op);
  /// Calls move(pos, segment) for each segment of a run that is sound and not to fail. 0 or a
  /// negative errno.
  template <class Move>
  int carry_out(DeviceOp op, const DeviceRun& run, Move move);
  void store(std::uint64_t pos, std::span<const std::byte> from);

  std::uint64_t size_;  // bytes
  std::uint32_t sector_size_;
  std::string name_ = "memory";
  mutable std::mutex mutex_;
  SparseBytes bytes_{kPoison};
  UnflushedWrites unflushed_;
  std::vector<std::byte> old_;  // kept for the next write
  DeviceCounts counts_;
  std::array<Fault, 3> faults_;
};

}  // namespace quire::props
