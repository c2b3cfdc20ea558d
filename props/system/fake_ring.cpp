#include "props/system/fake_ring.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace quire::props {

FakeRing::FakeRing(FakeMachine& machine, ::io_uring& ring, unsigned entries, int fd)
    : machine_(machine),
      ring_(ring),
      fd_(fd),
      sqes_(entries),
      cqes_(std::size_t{2} * entries),
      sq_mask_(entries - 1),
      sq_entries_(entries),
      cq_mask_(2 * entries - 1),
      cq_entries_(2 * entries) {
  ring = {};
  ring.ring_fd = fd;
  ring.sq.khead = &sq_head_;
  ring.sq.ktail = &sq_tail_;
  ring.sq.kflags = &sq_flags_;
  ring.sq.kdropped = &zero_;
  ring.sq.sqes = sqes_.data();
  ring.cq.khead = &cq_head_;
  ring.cq.ktail = &cq_tail_;
  ring.cq.kflags = &cq_flags_;
  ring.cq.koverflow = &zero_;
  ring.cq.cqes = cqes_.data();
  // liburing has both: newer functions read the numbers, older ones what the pointers show.
  ring.sq.kring_mask = &sq_mask_;
  ring.sq.kring_entries = &sq_entries_;
  ring.cq.kring_mask = &cq_mask_;
  ring.cq.kring_entries = &cq_entries_;
  [&](auto& any) {
    if constexpr (requires { any.sq.ring_mask; }) {
      any.sq.ring_mask = sq_mask_;
      any.sq.ring_entries = sq_entries_;
      any.cq.ring_mask = cq_mask_;
      any.cq.ring_entries = cq_entries_;
    }
    if constexpr (requires { any.enter_ring_fd; }) any.enter_ring_fd = fd;
  }(ring);
}

bool FakeRing::works_for(const DeviceCallAccount& call) const {
  return std::ranges::any_of(in_flight_, [&](const Entry& e) { return e.call == &call; });
}

int FakeRing::submit(unsigned wait_for) {
  DeviceCallAccount* const call = machine_.current();
  if (call == nullptr) {
    machine_.complain("a submission in no call");
    return -EINVAL;
  }
  if (!in_flight_.empty() && !works_for(*call)) machine_.complain("two calls use a ring at a time");
  const auto struck = machine_.strike(SystemCall::submit);
  if (struck && *struck < 0) ++call->submissions;
  const auto answers = [&](std::int64_t answer) {
    return static_cast<int>(machine_.note(SystemCall::submit, answer, fd_));
  };
  if (struck && *struck < 0) {
    if (*struck == -EINTR) {
      const unsigned all = ready();
      take(all);
      if (all > 0) return answers(all);
    } else if (*struck == -EAGAIN || *struck == -EBUSY) {
      complete(1 + static_cast<unsigned>(machine_.draw(in_flight_.size())));
    } else {
      call->ring_failed = machine_.has_ring_failed_ = true;
    }
    return answers(*struck);
  }
  const unsigned all = ready();
  if (call->submissions++ == 0 && all != std::min<std::uint64_t>(sq_entries_, call->pieces_wanted))
    machine_.complain(fmt::format("the first submission has {} entries", all));
  const unsigned taken = struck ? std::min(all, static_cast<unsigned>(*struck)) : all;
  take(taken);
  if (taken < all) {  // as where memory for requests runs out
    complete(1);
    return answers(taken);
  }
  machine_.other_call();
  // While another thread slept some may have come.
  const unsigned come = cq_tail_ - cq_head_;
  if (wait_for > in_flight_.size() + come) {
    machine_.complain(fmt::format(
        "a submission waits for {} answers, and {} are in flight", wait_for, in_flight_.size()));
  }
  const unsigned missing = wait_for - std::min(wait_for, come);
  complete(missing + static_cast<unsigned>(machine_.draw(in_flight_.size())));
  return answers(taken);
}

void FakeRing::take(unsigned entries) {
  for (unsigned i = 0; i < entries; ++i) {
    // A copy: the slot may be filled in again.
    const io_uring_sqe sqe = sqes_[sq_head_ & sq_mask_];
    const bool left_over = left_until_ - sq_head_ - 1 < sq_entries_;
    ++sq_head_;
    take_one(sqe, left_over);
  }
  sq_tail_ = sq_head_;
  ring_.sq.sqe_head = sq_head_;
}

void FakeRing::take_one(const io_uring_sqe& sqe, bool left_over) {
  DeviceCallAccount* const call = machine_.current();
  Entry entry{sqe.opcode, sqe.fd, sqe.off, sqe.user_data, call};
  if (sqe.opcode == IORING_OP_FSYNC) {
    if (!call->is_flush || (sqe.fsync_flags & IORING_FSYNC_DATASYNC) == 0)
      machine_.complain("an entry of a flush that is none of data");
    if (machine_.file(sqe.fd) == nullptr)
      machine_.complain("a flush of a descriptor that is not open");
  } else if (sqe.opcode == IORING_OP_READV || sqe.opcode == IORING_OP_WRITEV) {
    const auto* const first = reinterpret_cast<const iovec*>(static_cast<std::uintptr_t>(sqe.addr));
    entry.memory.assign(first, first + sqe.len);
    // A continued piece, and one that was not taken at first, may have been filled in before the
    // run's error was seen.
    const bool may_be_over = goes_on_.erase(sqe.user_data) > 0 || left_over;
    entry.run = machine_.check_piece(
        *call, sqe.opcode == IORING_OP_READV, sqe.fd, entry.memory, sqe.off, may_be_over);
  } else {
    machine_.complain("an entry of another kind");
  }
  const bool twice =
      std::ranges::any_of(in_flight_, [&](const Entry& e) { return e.user_data == sqe.user_data; });
  if (twice) machine_.complain("two entries in flight have one number");
  in_flight_.push_back(std::move(entry));
}

bool FakeRing::completes_one() {
  if (in_flight_.empty()) return false;
  const auto which =
      in_flight_.begin() + static_cast<std::ptrdiff_t>(machine_.draw(in_flight_.size()));
  const Entry entry = std::move(*which);
  in_flight_.erase(which);
  std::int64_t answer = -EINVAL;
  if (entry.opcode == IORING_OP_FSYNC) {
    answer = machine_.answer_sync(entry.call, true);
  } else if (entry.run) {
    answer = machine_.answer_piece(
        *entry.call, entry.opcode == IORING_OP_READV, entry.memory, entry.pos, *entry.run);
    goes_on_.insert(entry.user_data);
  }
  machine_.note(
      entry.opcode == IORING_OP_FSYNC ? SystemCall::sync : SystemCall::transfer, answer, entry.fd);
  io_uring_cqe& cqe = cqes_[cq_tail_ & cq_mask_];
  cqe.user_data = entry.user_data;
  cqe.res = static_cast<std::int32_t>(answer);
  cqe.flags = 0;
  ++cq_tail_;
  return true;
}

void FakeRing::complete(unsigned count) {
  left_until_ = ring_.sq.sqe_tail;
  goes_on_.clear();
  while (count-- > 0 && completes_one()) {
  }
}

}  // namespace quire::props
