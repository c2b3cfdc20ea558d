// An io_uring of a machine: queues in memory, and no kernel behind them.
#pragma once

#include "props/system/machine.h"

#include <liburing.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <vector>

namespace quire::props {

class FakeRing {
 public:
  /// Fills in `ring`, which liburing's inline functions then use.
  FakeRing(FakeMachine& machine, ::io_uring& ring, unsigned entries, int fd);
  FakeRing(const FakeRing&) = delete;
  FakeRing& operator=(const FakeRing&) = delete;

  bool is(const ::io_uring& ring) const { return &ring == &ring_; }
  int fd() const { return fd_; }
  void keeps_from_children(const ::io_uring& ring) { kept_ = kept_ || is(ring); }
  bool is_kept_from_children() const { return kept_; }
  bool is_busy() const { return !in_flight_.empty(); }
  bool works_for(const DeviceCallAccount& call) const;

  /// io_uring_submit_and_wait(3).
  int submit(unsigned wait_for);
  /// One entry in flight is done; false: there is none.
  bool completes_one();

 private:
  struct Entry {
    unsigned opcode;
    int fd;
    std::uint64_t pos, user_data;
    DeviceCallAccount* call;
    std::vector<iovec> memory = {};       // which the kernel copies when it takes the entry
    std::optional<std::size_t> run = {};  // nothing: a flush, or wrong
  };

  unsigned ready() const { return ring_.sq.sqe_tail - sq_head_; }
  void take(unsigned entries);
  void take_one(const io_uring_sqe& sqe, bool left_over);
  void complete(unsigned count);

  FakeMachine& machine_;
  ::io_uring& ring_;
  int fd_;
  bool kept_ = false;
  std::vector<io_uring_sqe> sqes_;
  std::vector<io_uring_cqe> cqes_;
  unsigned left_until_ = 0;  // entries up to here were filled in before the last answers
  unsigned sq_head_ = 0, sq_tail_ = 0, cq_head_ = 0, cq_tail_ = 0;
  unsigned sq_flags_ = 0, cq_flags_ = 0, zero_ = 0;
  unsigned sq_mask_, sq_entries_, cq_mask_, cq_entries_;
  std::vector<Entry> in_flight_;
  std::set<std::uint64_t> goes_on_;  // user data of the last batch whose answers were not the last
};

}  // namespace quire::props
