// The runs of one call, cut into pieces that one system call can take.
#pragma once

#include <quire/block_device.h>

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace quire::impl {

enum class Direction { read, write };

/// 0, or -EINVAL when a run breaks the rules of DeviceRun or leaves the device: [0, size) in bytes.
[[nodiscard]] int check_run(const DeviceRun& run, std::uint64_t size, std::uint32_t sector_size);

/// The outcome of the runs of a call. A read ends at its first error; a write goes on, and has a
/// result for each run.
class Outcome {
 public:
  /// Of a read.
  Outcome() = default;
  /// Of a write: sets all results to 0. results: one for each run; must outlive this.
  explicit Outcome(std::span<int> results);

  /// Notes a negative errno for run number `run`; the first one counts.
  void fail(std::size_t run, int error);
  /// Notes it for all runs of a write.
  void fail_all(int error);

  /// Whether the rest of the run is not to be moved.
  bool is_over(std::size_t run) const {
    return results_.empty() ? first_error_ != 0 : results_[run] != 0;
  }
  /// The error that was met first, or 0.
  int first_error() const { return first_error_; }

 private:
  std::span<int> results_;
  int first_error_ = 0;
};

/// Fails each run that breaks the rules (check_run()).
void check_runs(
    std::span<const DeviceRun> runs, std::uint64_t size, std::uint32_t sector_size,
    Outcome& outcome);

/// The rest of one piece of a run. Keeps no copy of the segments and allocates nothing.
class Transfer {
 public:
  Transfer() = default;
  Transfer(std::size_t run, std::uint64_t device_pos, std::span<const iovec> segments)
      : run_(run), device_pos_(device_pos), segments_(segments) {}

  /// The number of the run that this is a piece of.
  std::size_t run() const { return run_; }
  std::uint64_t device_pos() const { return device_pos_; }

  /// The memory for the next system call at device_pos(); empty when all is moved. After a call
  /// that stopped inside a segment this is the rest of that segment only. Valid until advance() or
  /// a move.
  std::span<const iovec> next() const;

  /// Takes off `bytes` that were moved. bytes: at most the length of next().
  void advance(std::uint64_t bytes);

 private:
  std::size_t run_ = 0;
  std::uint64_t device_pos_ = 0;
  std::span<const iovec> segments_;
  iovec rest_{};  // of the first segment, where a call stopped inside it; else empty
};

/// Takes the answer of a system call for `transfer`: the bytes moved, or a negative errno. Returns
/// 0 when the transfer can go on or is done, else the error it ends with:
///   -EIO  less than a sector was moved: the file has become shorter
/// EINTR and EAGAIN are no errors; nothing was moved.
[[nodiscard]] int take_answer(Transfer& transfer, std::int64_t answer, std::uint32_t sector_size);

/// Hands out runs piece by piece, at most IOV_MAX segments each, and leaves out runs that are
/// over.
class TransferQueue {
 public:
  /// outcome: of these runs; must outlive the queue.
  TransferQueue(std::span<const DeviceRun> runs, const Outcome& outcome)
      : runs_(runs), outcome_(outcome) {}

  /// The next piece; empty when there is none.
  std::optional<Transfer> pop();

 private:
  std::span<const DeviceRun> runs_;
  const Outcome& outcome_;
  std::size_t run_ = 0;      // the run that the next piece is cut from,
  std::size_t segment_ = 0;  // its first segment in that piece
  std::uint64_t moved_ = 0;  // and the bytes of the run before that
};

}  // namespace quire::impl
