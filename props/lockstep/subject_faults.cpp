// A subject whose device or memory fails: what its calls may answer.
#include "props/differential/expected.h"
#include "props/lockstep/subject_run.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace quire::props {

void SubjectRun::open(Number number, Number handle) {
  if (opened_.emplace(number, handle).second) errors_.opened(number, handle);
  losses(number);
  (void)subject_->size(number);  // opens it
}

SubjectRun::Excuse SubjectRun::excuse_of(const Command& c, Number pos, Number bytes) {
  if (!was_struck()) return {};
  if (c.fault->kind == FaultKind::memory) return {-c.fault->error, true, bytes};
  if (c.fault->kind != FaultKind::read) return {};
  // A read may be made good by a later one: what counts is the last.
  const Number bs = setting_.block_size;
  const DeviceAnswers reads(subject_->faults().events(), FaultKind::read, bs);
  bool failed = false;
  reads.for_each([&](Number, const DeviceAnswers::Answer& a) { failed = failed || a.last != 0; });
  if (!failed) return {};
  // Where it is not of these blocks, it is the one in which the file ended, and nothing was done.
  Excuse excuse{-c.fault->error, false, 0};
  const Number end = spec::round_up(pos + bytes, spec::kPageSize) / bs;
  for (Number block = spec::round_down(pos, spec::kPageSize) / bs; block < end; ++block) {
    const auto mapped = subject_->device_block_of(c.file, block);
    if (!mapped || !reads.failed(*mapped)) continue;
    const Number start = subject_->manners().reads_pages
                             ? spec::round_down(block * bs, spec::kPageSize)
                             : block * bs;
    excuse.bytes_most = std::min(bytes, std::max(start, pos) - pos);
    break;
  }
  return excuse;
}

bool SubjectRun::excuses(
    const Excuse& excuse, std::int64_t answer, std::int64_t wanted, Number pos) const {
  if (answer == wanted && (excuse.refused || wanted < 0)) return true;
  const Number most = std::min(excuse.bytes_most, count_of(wanted));
  if (answer <= 0) {
    // Progress hides the error; where pages are read one by one, it is known how much that is.
    const bool none = excuse.refused || most == 0 || !subject_->manners().reads_pages;
    return answer == excuse.error && none;
  }
  const Number count = count_of(answer);
  if (excuse.refused) return count < most && (pos + count) % spec::kPageSize == 0;
  return subject_->manners().reads_pages ? count == most : count <= most;
}

void SubjectRun::fail_unexcused(const Excuse& excuse, std::int64_t answer) {
  fail(
      {"A call that meets an error returns it, or a count of bytes before the place of the error.",
       "ERR-1, GPW-2", name(),
       excuse.refused ? fmt::format("{}, or a count that ends at a page", excuse.error)
                      : fmt::format("{}, or a count up to {}", excuse.error, excuse.bytes_most),
       std::to_string(answer)});
}

std::int64_t SubjectRun::truncate(const Command& c) {
  FileModel& model = file(c.file);
  const int answer = under_fault(
      c, [&] { return subject_->truncate(c.file, static_cast<std::int64_t>(c.length)); });
  const Excuse excuse = excuse_of(c, c.length, 1);
  expect(
      "A truncate succeeds, unless it cannot read the last block.", "ftruncate(2), ERR-1",
      excuse.error, answer);
  if (answer != 0) return answer;
  note_resize(c.file, c.length);
  model.resize(c.length);
  return answer;
}

std::int64_t SubjectRun::fsync(const Command& c) {
  const Mappings before = mappings_before(c, 0);
  const bool unflushed = coverage_ != nullptr && is_unflushed(c.file);
  const int answer = under_fault(c, [&] { return subject_->fsync(c.file, c.handle); });
  stays_dirty_ = false;
  settle(c, before, 0, 0);
  const bool of_files = subject_->manners().flush_is_of_files;
  int flush_error = 0;
  bool writes = false;
  flushed_ = answer == 0;
  for (const DeviceEvent& event : subject_->faults().events()) {
    writes = writes || event.kind == FaultKind::write;
    if (event.kind != FaultKind::flush) continue;
    errors_.flushed(event.error, of_files);
    flush_error = event.error;
    flushed_ = flushed_ || event.error == 0;
  }
  if (unflushed && !writes) coverage_->count_flush();
  check_order();
  const int otherwise = stays_dirty_ ? -ENOMEM : of_files ? 0 : flush_error;
  const ErrorLedger::Owed& due = errors_.owed(c.file, c.handle);
  const int owed = due.last;
  if (due.from_before_open && coverage_ != nullptr) coverage_->count_strike(Strike::before_an_open);
  if (!errors_.answers(c.file, c.handle, answer, otherwise)) {
    fail(
        {"fsync returns the last error that the file met since the handle's last fsync, once.",
         "ES-1, ES-2, ES-3, ES-5, ES-8", name(), std::to_string(owed != 0 ? owed : otherwise),
         std::to_string(answer)});
  }
  if (!failure_) check_device(c.file);
  return answer;
}

void SubjectRun::check_order() {
  const DeviceEvent* before = nullptr;
  for (const DeviceEvent& event : subject_->faults().events()) {
    const bool same_call = before != nullptr && before->call != 0 && before->call == event.call;
    if (same_call && event.pos < before->pos + before->bytes) {
      fail(
          {"The runs of one write to the device are in ascending order, and do not overlap.",
           "block_device.h", name(), fmt::format("at or behind {}", before->pos + before->bytes),
           std::to_string(event.pos)});
    }
    before = event.kind == FaultKind::write ? &event : nullptr;
  }
}

bool SubjectRun::is_unflushed(Number number) {
  const Number bytes = setting_.block_size;
  for (const Range& range : file(number).written()) {
    for (Number block = range.start / bytes; block * bytes < range.end; ++block) {
      const auto mapped = subject_->device_block_of(number, block);
      if (mapped && subject_->is_unflushed(*mapped * bytes, bytes)) return true;
    }
  }
  return false;
}

void SubjectRun::count_strikes(Coverage& coverage, const Command& c) {
  bool arrived = false;
  for (const DeviceEvent& event : subject_->faults().events()) {
    if (event.kind == FaultKind::write && c.action == Action::fsync) {
      if (event.error != 0 && arrived) coverage.count_strike(Strike::behind_good_run);
      arrived = arrived || event.error == 0;
    }
    if (event.kind != FaultKind::read || event.error == 0 || c.action != Action::write || c.at < 0)
      continue;
    // From inside a block to inside the next one, a hole, of the same page.
    const Number bs = setting_.block_size, start = static_cast<Number>(c.at);
    const Number end = start + total_bytes(c), last = end / bs;
    const bool has_edges = start % bs != 0 && end % bs != 0 && start / bs + 1 == last &&
                           start / spec::kPageSize == end / spec::kPageSize;
    if (has_edges && subject_->device_block_of(c.file, start / bs) &&
        !subject_->device_block_of(c.file, last))
      coverage.count_strike(Strike::in_reserving_write);
  }
}

void SubjectRun::judge_strike(const Command& c, std::int64_t answer, Number taken_before) {
  const auto& events = subject_->faults().events();
  const bool wrote = std::ranges::any_of(
      events, [](const DeviceEvent& event) { return event.kind == FaultKind::write; });
  if (answer < 0 && !wrote) {
    expect(
        "A call that fails leaves as many blocks taken as before.", "ERR-1, ACC-1, O9",
        static_cast<std::int64_t>(taken_before), static_cast<std::int64_t>(taken_blocks()));
  }
  const FileModel& model = file(c.file);
  const auto check = [&](Number from, Number to) {
    from = std::min(from, model.size());
    check_contents(c.file, {from, std::min(to, model.size())});
  };
  if (c.action == Action::read && 0 <= c.at)
    check(static_cast<Number>(c.at), static_cast<Number>(c.at) + total_bytes(c));
  if (c.action == Action::truncate) {
    check(spec::round_down(c.length, spec::kPageSize), c.length + 2 * spec::kPageSize);
  }
  if (c.action == Action::fsync) {
    const Number bs = setting_.block_size;
    const auto lost = losses(c.file).lost();
    for (const auto& [block, was] : lost) check(block * bs, (block + 1) * bs);
  }
}

}  // namespace quire::props
