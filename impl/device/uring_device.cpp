// The device through io_uring; the only file that knows of liburing.
//
// A ring belongs to one call at a time, so that its queues need no lock. The lock of the pool
// guards the list of idle rings only: it is a leaf of the lock order, and never held while the
// device works.
#include "impl/device/uring_device.h"

#include "impl/device/plain_device.h"
#include "impl/device/transfer.h"

#include <liburing.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace quire::impl {
namespace {

constexpr unsigned kDepth = 64;  // transfers in flight on one ring
constexpr unsigned kBatch = 16;  // of them, how many to wait for before the ring is filled up again
constexpr std::size_t kRings = 4;

/// One io_uring and the transfers that it is working on.
class Ring {
 public:
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() {
    if (usable_) ::io_uring_queue_exit(&ring_);
  }

  bool init() {
    usable_ = ::io_uring_queue_init(kDepth, &ring_, 0) == 0;
    return usable_;
  }

  /// 0 or the first error of a transfer; empty when the ring itself failed. Then nothing is in
  /// flight, any part of the runs may have been moved, and the ring always answers so.
  std::optional<int> transfer(
      const OpenFile& file, Direction direction, std::span<const DeviceRun> runs);

  /// The same for a flush.
  std::optional<int> flush(const OpenFile& file);

 private:
  struct Answer {
    std::uint64_t slot;
    std::int64_t result;
  };

  /// An entry to fill in. There is one: a ring has as many as slots, and each slot uses one at a
  /// time.
  io_uring_sqe* entry() {
    ++in_flight_;
    return ::io_uring_get_sqe(&ring_);
  }
  void start(const OpenFile& file, Direction direction, std::uint64_t slot);
  bool submit_and_wait(unsigned answers);
  std::optional<Answer> take();
  void give_up();

  io_uring ring_{};
  bool usable_ = false;
  bool failed_ = false;
  unsigned in_flight_ = 0;  // entries filled in and not yet answered
  std::array<Transfer, kDepth> slots_;
};

std::optional<int> Ring::transfer(
    const OpenFile& file, Direction direction, std::span<const DeviceRun> runs) {
  if (failed_) return std::nullopt;
  TransferQueue queue(runs);
  std::array<std::uint64_t, kDepth> idle;
  for (std::size_t i = 0; i < kDepth; ++i) idle[i] = i;
  std::size_t idle_count = kDepth;
  int first_error = 0;
  for (;;) {
    while (idle_count > 0 && first_error == 0 && !queue.empty()) {
      const std::uint64_t slot = idle[--idle_count];
      slots_[slot] = queue.pop();
      start(file, direction, slot);
    }
    if (in_flight_ == 0) return first_error;

    const bool more = first_error == 0 && !queue.empty();
    if (!submit_and_wait(more ? std::min(kBatch, in_flight_) : in_flight_)) {
      give_up();
      return std::nullopt;
    }
    while (const auto answer = take()) {
      Transfer& transfer = slots_[answer->slot];
      const int error = take_answer(transfer, answer->result, file.geometry.sector_size);
      if (first_error == 0) first_error = error;
      if (first_error == 0 && !transfer.next().empty()) {
        start(file, direction, answer->slot);
      } else {
        idle[idle_count++] = answer->slot;
      }
    }
  }
}

std::optional<int> Ring::flush(const OpenFile& file) {
  for (;;) {
    if (failed_) return std::nullopt;
    ::io_uring_prep_fsync(entry(), file.fd.get(), IORING_FSYNC_DATASYNC);
    std::optional<Answer> answer;
    while (!answer) {
      if (!submit_and_wait(1)) {
        give_up();
        return std::nullopt;
      }
      answer = take();
    }
    if (answer->result != -EINTR && answer->result != -EAGAIN) {
      return static_cast<int>(answer->result);
    }
  }
}

void Ring::start(const OpenFile& file, Direction direction, std::uint64_t slot) {
  const auto memory = slots_[slot].next();
  const std::uint64_t pos = slots_[slot].device_pos();
  io_uring_sqe* sqe = entry();
  const auto count = static_cast<unsigned>(memory.size());
  if (direction == Direction::read) {
    ::io_uring_prep_readv(sqe, file.fd.get(), memory.data(), count, pos);
  } else {
    ::io_uring_prep_writev(sqe, file.fd.get(), memory.data(), count, pos);
  }
  sqe->user_data = slot;
}

/// Hands over what is filled in, and waits for `answers` where no signal comes between; false when
/// the ring has failed.
bool Ring::submit_and_wait(unsigned answers) {
  const int result = ::io_uring_submit_and_wait(&ring_, answers);
  if (result >= 0 || result == -EINTR) return true;
  if (result != -EAGAIN && result != -EBUSY) return false;
  // The kernel is short of memory for requests. Those that finish give some back.
  std::this_thread::yield();
  return true;
}

std::optional<Ring::Answer> Ring::take() {
  io_uring_cqe* cqe = nullptr;
  if (::io_uring_peek_cqe(&ring_, &cqe) != 0 || cqe == nullptr) return std::nullopt;
  const Answer answer{cqe->user_data, cqe->res};
  ::io_uring_cqe_seen(&ring_, cqe);
  --in_flight_;
  return answer;
}

/// Waits, without help of the kernel, until it is done with the caller's memory.
void Ring::give_up() {
  failed_ = true;
  in_flight_ -= ::io_uring_sq_ready(&ring_);
  while (in_flight_ > 0) {
    if (!take()) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

class UringDevice final : public BlockDevice {
 public:
  UringDevice() = default;

  /// Makes as many rings as the machine gives; false where that is none.
  bool init() {
    while (idle_count_ < kRings && rings_[idle_count_].init()) {
      idle_[idle_count_] = &rings_[idle_count_];
      ++idle_count_;
    }
    return idle_count_ > 0;
  }
  void adopt(OpenFile file) { file_ = std::move(file); }

  std::uint64_t size() const override { return file_.geometry.size; }
  std::uint32_t sector_size() const override { return file_.geometry.sector_size; }
  const std::string& name() const override { return file_.name; }

  [[nodiscard]] int read(std::span<const DeviceRun> runs) override {
    return transfer(Direction::read, runs);
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    std::ranges::fill(results, transfer(Direction::write, runs));
  }
  [[nodiscard]] int flush() override {
    const Lease ring(*this);
    const auto answer = ring->flush(file_);
    return answer ? *answer : plain_flush(file_);
  }

 private:
  /// A ring for as long as a call needs it.
  class Lease {
   public:
    explicit Lease(UringDevice& device) : device_(device) {
      std::unique_lock lock(device_.mutex_);
      device_.ring_is_idle_.wait(lock, [this] { return device_.idle_count_ > 0; });
      ring_ = device_.idle_[--device_.idle_count_];
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      {
        const std::lock_guard lock(device_.mutex_);
        device_.idle_[device_.idle_count_++] = ring_;
      }
      device_.ring_is_idle_.notify_one();
    }

    Ring* operator->() const { return ring_; }

   private:
    UringDevice& device_;
    Ring* ring_;
  };

  int transfer(Direction direction, std::span<const DeviceRun> runs) {
    if (const int error = check_runs(runs, size(), sector_size()); error != 0) return error;
    const Lease ring(*this);
    const auto answer = ring->transfer(file_, direction, runs);
    // Moving the same bytes to the same places once more changes nothing.
    return answer ? *answer : plain_transfer(file_, direction, runs);
  }

  OpenFile file_{};
  std::array<Ring, kRings> rings_;
  std::mutex mutex_;
  std::condition_variable ring_is_idle_;
  std::array<Ring*, kRings> idle_{};  // the first idle_count_ are idle; guarded by mutex_
  std::size_t idle_count_ = 0;
};

}  // namespace

std::unique_ptr<BlockDevice> make_uring_device(OpenFile& file) {
  auto device = std::make_unique<UringDevice>();
  if (!device->init()) return nullptr;
  device->adopt(std::move(file));
  return device;
}

}  // namespace quire::impl
