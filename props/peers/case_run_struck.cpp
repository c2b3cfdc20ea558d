// The calls of a peer while its device or memory may fail: what each may answer and leave.
#include "props/differential/expected.h"
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"
#include "props/peers/durable.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace quire::props {
namespace {

using Number = CaseRun::Number;

constexpr auto kStops =
    "A call that meets an error returns it, or a count of bytes before the place of the error.";

}  // namespace

bool CaseRun::excuses(
    const Command& c, Number pos, std::int64_t wanted, std::int64_t answer, Number unit) {
  const int error = -c.fault->error;
  if (answer == error) return true;
  const auto count = count_of(answer);
  const bool stops_at_unit = 0 < answer && (pos + count) % unit == 0;
  if (stops_at_unit && answer < wanted) return true;
  // Memory that ends there hides what the next block has met.
  const bool ends = answer == wanted && count < total_bytes(c);
  const bool has_next = c.action == Action::write || pos + count < model(c.file).size();
  if (stops_at_unit && ends && has_next) return true;
  // XFS takes ENOSPC of the device for its own, reclaims space and tries again.
  const bool retries = c.action == Action::write && error == -ENOSPC && allowed_.reads_gaps;
  if (retries && answer == wanted) return true;
  // A smaller folio may be had.
  return c.fault->kind == FaultKind::memory && answer == wanted;
}

void CaseRun::fail_unexcused(const Command& c, std::int64_t wanted, std::int64_t answer) {
  fail(
      {kStops, "ERR-1, GPW-2", peer_.name(),
       fmt::format("{}, or a count below {}", -c.fault->error, wanted), std::to_string(answer)});
}

void CaseRun::check_struck_write(
    const Command& c, const Written& written, const Outcome& ours, const Outcome& theirs) {
  const std::int64_t wanted = written.asked.wanted;
  if (!excuses(c, written.pos, wanted, theirs.answer, block_size_))
    fail_unexcused(c, wanted, theirs.answer);
  if (failure_) return;
  FileModel& file = model(c.file);
  const DeviceErrors errors = device_errors();
  if (errors.read() != 0 && file.size() < written.pos) ++answers_[kGapUnread];
  if (errors.read() == -ENOSPC && theirs.answer == wanted) ++answers_[kRetriedForSpace];
  const bool half_done =
      theirs.answer < 0 && (errors.write() != 0 || errors.flush() != 0 || fails_to_sync(c, errors));
  if (!half_done) return settle_write(c, written, ours, theirs.answer);

  // It has failed before the bytes were accepted, or behind that.
  const Number before = file.positions.at(c.handle);
  FileModel after = file;
  after.write(written.pos, written.bytes.first(count_of(wanted)));
  check_one_of(c.file, file, after);
  file.write(written.pos, written.bytes.first(count_of(wanted)));
  if (failure_) return;
  patch(peer_.files(), c.file, written.pos, written.pos + count_of(wanted));
  if (c.at < 0 && wanted > 0) file.positions.at(c.handle) = written.pos + count_of(wanted);
  settle_position(ref_.files(), c, before, written.pos, ours.answer);
  settle_position(peer_.files(), c, before, written.pos, theirs.answer);
  const Handle h{c.file, c.handle};
  if (is_synchronous(c) && faults_->owes(h)) report_owed(h);
}

void CaseRun::check_one_of(Number number, const FileModel& before, const FileModel& after) {
  const auto size = static_cast<Number>(peer_.files().size(number));
  if (size != before.size() && size != after.size()) {
    fail(
        {"A call that fails leaves the size, or has set it.", "WB-6", peer_.name(),
         fmt::format("{} or {}", before.size(), after.size()), std::to_string(size)});
    return;
  }
  const FileModel& shown = size == after.size() ? after : before;
  const FileModel& other = size == after.size() ? before : after;
  observer_.check_bytes(peer_.files(), number, shown, [&](Number pos, std::byte got) {
    return other.at(pos) == got;
  });
}

void CaseRun::check_struck_read(
    const Command& c, Number pos, std::int64_t wanted, std::int64_t answer) {
  if (!excuses(c, pos, wanted, answer, spec::kPageSize)) fail_unexcused(c, wanted, answer);
  if (!failure_) observer_.check_bytes(peer_.files(), c.file, model(c.file));
}

void CaseRun::truncate_under_faults(const Command& c) {
  const auto call = [&](Files& f) -> std::int64_t {
    return f.truncate({c.file, c.handle}, static_cast<std::int64_t>(c.length));
  };
  const Outcome ours = limited(ref_.files(), c, call);
  const Outcome theirs = limited(peer_.files(), c, call);
  FileModel& file = model(c.file);
  note_recovery(c, theirs.answer);
  if (!struck_) {
    if (ours.answer != theirs.answer) differ("the result", ours.answer, theirs.answer);
    if (ours.signal != theirs.signal) differ("whether SIGXFSZ comes", ours.signal, theirs.signal);
    if (ours.answer == 0) file.resize(c.length);
    return;
  }
  if (!excuses(c, c.length, ours.answer, theirs.answer, 1))
    fail_unexcused(c, ours.answer, theirs.answer);
  if (device_errors().read() != 0 && file.size() < c.length) ++answers_[kGapUnread];
  note_strike(c);
  if (failure_) return;
  FileModel after = file;
  if (ours.answer == 0) after.resize(c.length);
  if (theirs.answer != 0) {
    const bool half_done = device_errors().write() != 0;
    check_one_of(c.file, file, half_done ? after : file);
  }
  file.resize(after.size());
  if (failure_ || ours.answer != 0) return;
  if (const std::int64_t again = call(peer_.files()); again != 0) differ("a second try", 0, again);
}

void CaseRun::sync_under_faults(const Command& c) {
  const Handle h{c.file, c.handle};
  const bool all = c.action == Action::syncfs;
  const auto call = [&](Files& f) -> std::int64_t {
    return all ? f.syncfs(h) : c.action == Action::fsync ? f.fsync(h) : f.fdatasync(h);
  };
  const Outcome ours = limited(ref_.files(), c, call);
  const Outcome theirs = limited(peer_.files(), c, call);
  if (ours.answer != 0) differ("the result", 0, ours.answer);
  note_strike(c);
  note_recovery(c, theirs.answer);
  const auto answer = static_cast<int>(theirs.answer);
  const int flush_error = device_errors().flush();
  const int owed = all ? faults_->owed_of_volume(h) : faults_->owed(h);
  const bool good = all ? faults_->syncfs_answers(h, answer, flush_error)
                        : faults_->fsync_answers(h, answer, flush_error);
  if (!good) fail_report(owed != 0 ? owed : flush_error, answer);
  if (!struck_ && answer != 0) ++answers_[all ? kOwedBySyncfs : kOwedByFsync];
  for (const auto& [number, file] : models_) {
    if (!all && number != c.file) continue;
    if (auto gone = judge_durable(ref_.files(), number, file)) fail(std::move(*gone));
    if (answer != 0 || faults_->is_lost(number)) continue;
    if (auto gone = judge_durable(peer_.files(), number, file)) fail(std::move(*gone));
    faults_->is_on_device(number, file);
  }
}

void CaseRun::write_back_under_faults(const Command& c) {
  const auto call = [&](Files& f) -> std::int64_t {
    f.write_back(c.file);
    return 0;
  };
  limited(ref_.files(), c, call);
  const Outcome theirs = limited(peer_.files(), c, call);
  note_strike(c);
  note_recovery(c, theirs.answer);
}

}  // namespace quire::props
