// What moves bytes and makes them durable, by ordinary calls and by rings.
#include "props/system/fake_ring.h"
#include "props/system/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace quire::props {

std::uint64_t RunAccount::length() const {
  std::uint64_t sum = 0;
  for (const iovec& segment : segments) sum += segment.iov_len;
  return sum;
}

std::span<std::byte> RunAccount::memory(std::uint64_t at) const {
  std::uint64_t skip = at - pos;
  for (const iovec& segment : segments) {
    if (skip < segment.iov_len)
      return {static_cast<std::byte*>(segment.iov_base) + skip, segment.iov_len - skip};
    skip -= segment.iov_len;
  }
  return {};
}

std::optional<std::size_t> FakeMachine::check_piece(
    DeviceCallAccount& call, bool read, int fd, std::span<const iovec> memory, std::uint64_t pos,
    bool may_be_over) {
  ++call.pieces;
  const auto wrong = [&](const std::string& what) {
    complain(what + fmt::format(" (at {})", pos));
    return std::nullopt;
  };
  const File* const one = file(fd);
  if (one == nullptr || one->is_ring) return wrong("a transfer on a descriptor that is not open");
  if (call.is_flush || read != call.is_read) return wrong("a transfer in the other direction");
  if (memory.empty() || memory.size() > 1024) return wrong("a transfer without 1 to 1024 segments");
  const auto run = std::ranges::find_if(
      call.runs, [&](const RunAccount& r) { return r.pos <= pos && pos < r.pos + r.length(); });
  if (run == call.runs.end()) return wrong("a transfer outside of the runs");
  std::uint64_t at = pos;
  for (const iovec& segment : memory) {
    const auto wanted = run->memory(at);
    if (segment.iov_base != wanted.data() || segment.iov_len > wanted.size() ||
        segment.iov_len % call.sector_size != 0 || segment.iov_len == 0)
      return wrong("a transfer of other memory than the run's");
    at += segment.iov_len;
  }
  if (at % call.sector_size != 0) return wrong("a transfer of a part of a sector");
  if (!may_be_over && call.is_over(run->number)) return wrong("a transfer of a run that is over");
  return run->number;
}

std::int64_t FakeMachine::answer_piece(
    DeviceCallAccount& call, bool read, std::span<const iovec> memory, std::uint64_t pos,
    std::size_t run) {
  std::uint64_t length = 0;
  for (const iovec& segment : memory) length += segment.iov_len;
  const auto struck = strike(SystemCall::transfer);
  const auto fails = [&](int error) {
    if (call.first_error == 0) call.first_error = error;
    call.errors.try_emplace(run, error);
  };
  if (struck && *struck < 0) {
    const bool again = *struck == -EINTR || (*struck == -EAGAIN && !setting_.is_ref);
    if (again) ++call.again;
    if (!again) fails(static_cast<int>(*struck));
    return *struck;
  }
  const std::uint64_t moved =
      struck ? std::min(length, static_cast<std::uint64_t>(*struck)) : length;
  if (moved < call.sector_size) fails(-EIO);
  if (moved < length) ++call.cut;
  std::uint64_t left = moved;
  for (const iovec& segment : memory) {
    const std::uint64_t part = std::min<std::uint64_t>(left, segment.iov_len);
    move(read, pos, {static_cast<std::byte*>(segment.iov_base), part});
    pos += part;
    left -= part;
  }
  if (!read && moved > 0) unflushed_ = true;
  return static_cast<std::int64_t>(moved);
}

/// An ordinary call is made, though the device may have rings.
void FakeMachine::by_system_call() {
  if (!rings_.empty() && !has_ring_failed_)
    complain("an ordinary call moves something while the rings work");
}

std::int64_t FakeMachine::transfer(
    bool read, int fd, std::span<const iovec> memory, std::uint64_t pos) {
  spend();
  check_cancel();
  DeviceCallAccount* const call = current();
  if (call == nullptr) {
    complain("a transfer in no call");
    return -EIO;
  }
  by_system_call();
  const auto run = check_piece(*call, read, fd, memory, pos, call->ring_failed);
  if (!run) return -EIO;
  return note(SystemCall::transfer, answer_piece(*call, read, memory, pos, *run), fd);
}

std::int64_t FakeMachine::answer_sync(DeviceCallAccount* call, bool by_ring) {
  if (call == nullptr || !call->is_flush) complain("a flush in another call");
  const auto struck = strike(SystemCall::sync);
  if (struck && *struck < 0) {
    // fdatasync(2) has no EAGAIN.
    const bool again = !setting_.is_ref && (*struck == -EINTR || (by_ring && *struck == -EAGAIN));
    if (call != nullptr && !again && call->first_error == 0)
      call->first_error = static_cast<int>(*struck);
    return *struck;
  }
  unflushed_ = false;
  return 0;
}

int FakeMachine::fdatasync(int fd) {
  spend();
  check_cancel();
  by_system_call();
  const File* const one = file(fd);
  if (one == nullptr || one->is_ring) complain("fdatasync(2) of a descriptor that is not open");
  return static_cast<int>(note(SystemCall::sync, answer_sync(current(), false), fd));
}

void FakeMachine::move(bool read, std::uint64_t pos, std::span<std::byte> memory) {
  if (read)
    disk_.read(pos, memory);
  else
    disk_.write(pos, memory);
}

std::vector<std::byte> FakeMachine::bytes(std::uint64_t pos, std::uint64_t length) const {
  std::vector<std::byte> to(length);
  disk_.read(pos, to);
  return to;
}

}  // namespace quire::props
