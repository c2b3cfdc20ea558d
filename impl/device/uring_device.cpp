// The device through io_uring; the only file that knows of liburing.
//
// A ring belongs to one call at a time, so that its queues need no lock. A call that finds no idle
// ring waits for one with no lock held.
#include "impl/device/uring_device.h"

#include "impl/device/plain_device.h"
#include "impl/device/transfer.h"
#include "impl/process/no_cancel.h"

#include <liburing.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
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
  /// In a child of the process that made it, does nothing.
  ~Ring();

  /// False where the machine gives no ring.
  bool init();

  /// Moves the runs of the queue, and notes the errors. When the ring fails, ordinary calls move
  /// the rest, now and from then on.
  void transfer(const OpenFile& file, Direction direction, TransferQueue& queue, Outcome& outcome);

  /// 0 or a negative errno.
  int flush(const OpenFile& file);

 private:
  struct Answer {
    std::uint64_t slot;
    std::int64_t result;
  };

  io_uring_sqe* entry();
  void start(const OpenFile& file, Direction direction, std::uint64_t slot);
  void fill(const OpenFile& file, Direction direction, TransferQueue& queue);
  void handle(const OpenFile& file, Direction direction, const Answer& answer, Outcome& outcome);
  bool submit_and_wait(unsigned answers);
  std::optional<Answer> take();
  template <class Handle>
  void drain(Handle&& handle);

  io_uring ring_{};
  std::uint64_t process_ = 0;  // that may use the ring; 0 for none
  bool failed_ = false;
  unsigned in_flight_ = 0;              // entries filled in and not yet answered
  std::array<Transfer, kDepth> slots_;  // a slot is in use while its transfer has something left
};

bool Ring::init() {
  const int fd = open_for_this_process([this] {
    const int error = ::io_uring_queue_init(kDepth, &ring_, 0);
    return error == 0 ? ring_.ring_fd : error;
  });
  if (fd < 0) return false;
  process_ = this_process();
  // The memory that the ring shares with the system is for no child.
  return ::io_uring_ring_dontfork(&ring_) == 0;
}

Ring::~Ring() {
  if (process_ != this_process()) return;
  close_for_this_process(ring_.ring_fd, [this] { ::io_uring_queue_exit(&ring_); });
}

void Ring::transfer(
    const OpenFile& file, Direction direction, TransferQueue& queue, Outcome& outcome) {
  while (!failed_) {
    fill(file, direction, queue);
    if (failed_ || in_flight_ == 0) break;
    // Only a full ring may leave something in the queue.
    failed_ = !submit_and_wait(in_flight_ == kDepth ? kBatch : in_flight_);
    while (const auto answer = take()) handle(file, direction, *answer, outcome);
  }
  if (!failed_) return;
  drain([&](const Answer& answer) { handle(file, direction, answer, outcome); });
  for (Transfer& slot : slots_) {
    const int error = plain_transfer(file, direction, slot);
    if (error != 0) outcome.fail(slot.run(), error);
    slot = Transfer();
  }
  plain_transfers(file, direction, queue, outcome);
}

int Ring::flush(const OpenFile& file) {
  while (!failed_) {
    io_uring_sqe* sqe = entry();
    if (sqe == nullptr) break;
    ::io_uring_prep_fsync(sqe, file.fd.get(), IORING_FSYNC_DATASYNC);
    std::optional<Answer> answer;
    while (!answer && !failed_) {
      failed_ = !submit_and_wait(1);
      answer = take();
    }
    if (answer && answer->result != -EINTR && answer->result != -EAGAIN) {
      return static_cast<int>(answer->result);
    }
  }
  // The file reports an error once: a second flush would not have the one that comes late.
  int late = 0;
  drain([&](const Answer& answer) { late = static_cast<int>(answer.result); });
  const int error = plain_flush(file);
  return late < 0 && late != -EINTR && late != -EAGAIN ? late : error;
}

/// An entry to fill in. There should always be one: a ring has as many as slots, and each slot uses
/// one at a time. Null, and the ring has failed, where there is none.
io_uring_sqe* Ring::entry() {
  io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
  failed_ = sqe == nullptr;
  if (!failed_) ++in_flight_;
  return sqe;
}

void Ring::start(const OpenFile& file, Direction direction, std::uint64_t slot) {
  const auto memory = slots_[slot].next();
  const std::uint64_t pos = slots_[slot].device_pos();
  io_uring_sqe* sqe = entry();
  if (sqe == nullptr) return;
  const auto count = static_cast<unsigned>(memory.size());
  if (direction == Direction::read) {
    ::io_uring_prep_readv(sqe, file.fd.get(), memory.data(), count, pos);
  } else {
    ::io_uring_prep_writev(sqe, file.fd.get(), memory.data(), count, pos);
  }
  sqe->user_data = slot;
}

/// Starts a transfer in each slot that is not in use, as far as the queue has one.
void Ring::fill(const OpenFile& file, Direction direction, TransferQueue& queue) {
  for (std::uint64_t slot = 0; slot < kDepth && !failed_; ++slot) {
    if (!slots_[slot].next().empty()) continue;
    const auto transfer = queue.pop();
    if (!transfer) return;
    slots_[slot] = *transfer;
    start(file, direction, slot);
  }
}

/// Continues a transfer, unless it is done or its run is over.
void Ring::handle(
    const OpenFile& file, Direction direction, const Answer& answer, Outcome& outcome) {
  Transfer& transfer = slots_[answer.slot];
  const int error = take_answer(transfer, answer.result, file.geometry.sector_size);
  if (error != 0) outcome.fail(transfer.run(), error);
  if (outcome.is_over(transfer.run())) transfer = Transfer();
  if (!transfer.next().empty() && !failed_) start(file, direction, answer.slot);
}

/// Submits the entries that are filled in, and waits for `answers` unless a signal interrupts it;
/// false when the ring has failed.
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

/// Waits, for a ring that has failed, until the kernel is done with the caller's memory.
/// handle(answer) for each answer that comes.
template <class Handle>
void Ring::drain(Handle&& handle) {
  if (in_flight_ == 0) return;
  in_flight_ -= ::io_uring_sq_ready(&ring_);  // which the kernel has never seen
  while (in_flight_ > 0) {
    if (const auto answer = take()) {
      handle(*answer);
    } else {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
}

class UringDevice final : public BlockDevice {
 public:
  UringDevice() = default;

  /// Makes as many rings as the machine gives; false where that is none.
  bool init() {
    std::uint32_t made = 0;
    while (made < kRings && rings_[made].init()) ++made;
    idle_ = (1u << made) - 1;
    return made > 0;
  }
  void adopt(OpenFile file) { file_ = std::move(file); }

  std::uint64_t size() const override { return file_.geometry.size; }
  std::uint32_t sector_size() const override { return file_.geometry.sector_size; }
  const std::string& name() const override { return file_.name; }

  [[nodiscard]] int read(std::span<const DeviceRun> runs) override {
    if (!file_.is_ours()) return -ESTALE;
    Outcome outcome;
    transfer(Direction::read, runs, outcome);
    return outcome.first_error();
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    Outcome outcome(results);
    if (!file_.is_ours()) return outcome.fail_all(-ESTALE);
    transfer(Direction::write, runs, outcome);
  }
  [[nodiscard]] int flush() override {
    if (!file_.is_ours()) return -ESTALE;
    const NoCancel no_cancel;
    return Lease(*this)->flush(file_);
  }

 private:
  /// A ring for as long as a call needs it.
  class Lease {
   public:
    explicit Lease(UringDevice& device) : device_(device) {
      std::uint32_t idle = device_.idle_.load(std::memory_order_relaxed);
      do {
        while (idle == 0) {
          device_.idle_.wait(0, std::memory_order_relaxed);
          idle = device_.idle_.load(std::memory_order_relaxed);
        }
      } while (!device_.idle_.compare_exchange_weak(
          idle, idle & (idle - 1), std::memory_order_acquire, std::memory_order_relaxed));
      number_ = static_cast<std::uint32_t>(std::countr_zero(idle));
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      device_.idle_.fetch_or(1u << number_, std::memory_order_release);
      device_.idle_.notify_one();
    }

    Ring* operator->() const { return &device_.rings_[number_]; }

   private:
    UringDevice& device_;
    std::uint32_t number_;
  };

  void transfer(Direction direction, std::span<const DeviceRun> runs, Outcome& outcome) {
    const NoCancel no_cancel;
    check_runs(runs, size(), sector_size(), outcome);
    TransferQueue queue(runs, outcome);
    Lease(*this)->transfer(file_, direction, queue, outcome);
  }

  OpenFile file_{};
  std::array<Ring, kRings> rings_;
  // A bit for each ring that no call uses. Not a condition variable: in a forked child, the
  // destructor of one waits for threads that are not there.
  std::atomic<std::uint32_t> idle_{0};
};

}  // namespace

std::unique_ptr<BlockDevice> make_uring_device(OpenFile& file) {
  auto device = std::make_unique<UringDevice>();
  if (!device->init()) return nullptr;
  device->adopt(std::move(file));
  return device;
}

}  // namespace quire::impl
