#include "props/system/device_calls.h"

#include "props/memory/pattern.h"
#include "props/memory/poison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace quire::props {
namespace {

constexpr std::size_t kAlignment = 4096;
constexpr std::size_t kSegmentsMax = 1024;  // of one system call

/// As operator==, which the library makes of single bytes.
bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Where a run of these segments begins, ends, and in which memory: whether DeviceRun allows it.
bool keeps_the_rules(
    std::uint64_t pos, const std::vector<iovec>& segments, std::uint64_t size,
    std::uint64_t sector_size) {
  __extension__ using Wide = unsigned __int128;
  Wide end = pos;
  for (const iovec& s : segments) {
    if (s.iov_len == 0 || s.iov_len % sector_size != 0 ||
        reinterpret_cast<std::uintptr_t>(s.iov_base) % sector_size != 0)
      return false;
    end += s.iov_len;
  }
  return pos % sector_size == 0 && end <= size;
}

}  // namespace

DeviceCallRun::DeviceCallRun(
    const DeviceCommand& command, std::uint64_t salt, std::size_t number, std::uint64_t size,
    std::uint64_t sector_size, bool is_ref)
    : command_(command), sector_size_(sector_size) {
  std::uint64_t sectors = 0, count = 0;  // of all runs, with their gaps
  for (const RunShape& run : command.runs) {
    sectors += run.gap + run.segments * run.sectors;
    count += run.segments;
  }
  const std::uint64_t span = sectors * command.repeat * sector_size;
  const std::uint64_t all = span * (command.threads + 1);
  std::uint64_t pos = number * span;
  if (command.at_end && all <= size) pos += (size - all) / sector_size * sector_size;

  const std::uint64_t bytes = span + (count * command.repeat + 1) * sector_size;
  memory_.assign(bytes + kAlignment, kPoison);
  const auto base = reinterpret_cast<std::uintptr_t>(memory_.data());
  std::byte* at = memory_.data() + (kAlignment - base % kAlignment) % kAlignment;
  segments_.reserve(command.repeat * command.runs.size());
  for (std::uint64_t i = 0; i < command.repeat; ++i) {
    for (const RunShape& shape : command.runs) {
      pos += shape.gap * sector_size;
      std::uint64_t start = pos;
      std::vector<iovec>& segments = segments_.emplace_back();
      for (std::uint64_t n = 0; n < shape.segments; ++n) {
        at += sector_size;
        segments.push_back({at, shape.sectors * sector_size});
        at += shape.sectors * sector_size;
      }
      pos += shape.segments * shape.sectors * sector_size;
      if (shape.flaw == Flaw::odd_pos) start += 1;
      if (shape.flaw == Flaw::far_behind) start = 0 - sector_size;
      if (shape.flaw == Flaw::past_end && pos > start)
        start = size / sector_size * sector_size - (pos - start) + sector_size;
      if (!segments.empty()) {
        iovec& last = segments.back();
        if (shape.flaw == Flaw::odd_memory)
          last.iov_base = static_cast<std::byte*>(last.iov_base) - 1;
        if (shape.flaw == Flaw::odd_length) last.iov_len -= 1;
        if (shape.flaw == Flaw::empty_segment) last.iov_len = 0;
      }
      runs_.push_back({start, segments});
      const std::size_t run = runs_.size() - 1;
      if (keeps_the_rules(start, segments, size, sector_size))
        good_.push_back({run, start, segments});
      else
        bad_.push_back(run);
    }
  }
  const bool writes = command.action == DeviceAction::write;
  std::uint64_t seed = salt * 1'000'003 + number * 10'007;
  for (const iovec& segment : writes ? flattened() : std::vector<iovec>())
    fill_pattern({static_cast<std::byte*>(segment.iov_base), segment.iov_len}, ++seed, 0);
  before_ = memory_;
  constexpr int kNeverSet = 77;
  results_.assign(runs_.size(), kNeverSet);
  account_.emplace(
      command.action == DeviceAction::read, command.action == DeviceAction::flush,
      std::span<const RunAccount>(good_), is_ref ? 1 : sector_size);
  if (command.action == DeviceAction::read && !bad_.empty()) return;
  for (const RunAccount& run : good_)
    account_->pieces_wanted += (run.segments.size() + kSegmentsMax - 1) / kSegmentsMax;
  if (command.action == DeviceAction::flush) account_->pieces_wanted = 1;
}

void DeviceCallRun::play(AnyDevice& device, FakeMachine& machine) {
  is_played_ = true;
  machine.begin(*account_);
  if (command_.action == DeviceAction::read)
    answer_ = device.read(runs_);
  else if (command_.action == DeviceAction::write)
    device.write(runs_, results_);
  else
    answer_ = device.flush();
  machine.end(*account_);
}

std::optional<std::string> DeviceCallRun::judge(
    const FakeMachine& machine, SparseBytes& disk) const {
  if (command_.action == DeviceAction::read) return judge_read(machine, disk);
  if (command_.action == DeviceAction::write) return judge_write(machine, disk);
  if (answer_ != account_->first_error)
    return fmt::format("the flush answers {}, not {}", answer_, account_->first_error);
  return std::nullopt;
}

std::optional<std::string> DeviceCallRun::judge_memory(bool with_runs) const {
  if (!with_runs) {
    if (!same(memory_, before_)) return "memory has changed that none may change";
    return std::nullopt;
  }
  std::vector<std::byte> now = memory_, then = before_;
  for (const iovec& segment : flattened()) {  // the runs themselves may hold anything
    const auto offset =
        static_cast<std::size_t>(static_cast<std::byte*>(segment.iov_base) - memory_.data());
    std::memset(now.data() + offset, 0, segment.iov_len);
    std::memset(then.data() + offset, 0, segment.iov_len);
  }
  if (!same(now, then)) return "memory has changed that is none of a run that is read";
  return std::nullopt;
}

std::optional<std::string> DeviceCallRun::judge_read(
    const FakeMachine& machine, const SparseBytes& disk) const {
  const int wanted = bad_.empty() ? account_->first_error : -EINVAL;
  if (answer_ != wanted) return fmt::format("the read answers {}, not {}", answer_, wanted);
  if (!bad_.empty() && account_->pieces > 0) return "a read moves something beside a bad run";
  if (auto wrong = judge_memory(bad_.empty())) return wrong;
  for (const RunAccount& run : good_) {
    const std::vector<std::byte> on_disk = machine.bytes(run.pos, run.length());
    if (disk.equal_bytes(run.pos, on_disk) != on_disk.size()) return "a read changes the disk";
    if (answer_ != 0) continue;
    for (std::uint64_t at = run.pos; at < run.pos + run.length();) {
      const auto part = run.memory(at);
      if (disk.equal_bytes(at, part) != part.size())
        return fmt::format("run {}: other bytes are read than the disk has", run.number);
      at += part.size();
    }
  }
  return std::nullopt;
}

std::optional<std::string> DeviceCallRun::judge_write(
    const FakeMachine& machine, SparseBytes& disk) const {
  for (const std::size_t run : bad_) {
    if (results_[run] != -EINVAL)
      return fmt::format("run {}, which is bad, answers {}", run, results_[run]);
  }
  if (auto wrong = judge_memory(false)) return wrong;
  for (const RunAccount& run : good_) {
    const auto told = account_->errors.find(run.number);
    const int wanted = told == account_->errors.end() ? 0 : told->second;
    if (results_[run.number] != wanted)
      return fmt::format("run {} answers {}, not {}", run.number, results_[run.number], wanted);
    for (std::uint64_t at = run.pos; at < run.pos + run.length();) {
      auto part = run.memory(at);
      if (wanted != 0) part = part.first(std::min<std::size_t>(part.size(), sector_size_));
      const std::vector<std::byte> on_disk = machine.bytes(at, part.size());
      const bool is_new = same(on_disk, part);
      // Of a run with an error each sector may be the old one, or in part if a transfer was cut.
      if (!is_new && wanted == 0)
        return fmt::format("run {}: the disk has other bytes than were written", run.number);
      disk.write(at, on_disk);
      at += part.size();
    }
  }
  return std::nullopt;
}

std::vector<iovec> DeviceCallRun::flattened() const {
  std::vector<iovec> all;
  for (const std::vector<iovec>& segments : segments_)
    all.insert(all.end(), segments.begin(), segments.end());
  return all;
}

}  // namespace quire::props
