// A peer whose device or memory fails while a command runs: when a fault may strike, and the
// account of what it has left. The left side runs without faults, and is what should have happened.
#include "props/differential/compared_ranges.h"
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace quire::props {
namespace {

using Number = CaseRun::Number;

/// The files of a case.
constexpr std::array<Number, 2> kFiles{0, 1};

std::string_view name_of(FaultKind kind) {
  constexpr std::array<std::string_view, 5> kNames{
      "a read", "a write", "a flush", "memory", "the sum of a cluster"};
  return kNames[static_cast<std::size_t>(kind)];
}

constexpr auto kReports =
    "fsync returns the last error that the file met since the handle's last fsync, once.";

bool is_fsync(Action action) { return action == Action::fsync || action == Action::fdatasync; }

}  // namespace

std::string strike_class(Action action, FaultKind kind) {
  return fmt::format("{} in which {} fails", name_of(action), name_of(kind));
}

std::string recovery_class(Action action, FaultKind kind) {
  return fmt::format("{} behind one in which {} failed", name_of(action), name_of(kind));
}

void CaseRun::open_for_faults() {
  for (const Number number : kFiles) {
    model(number);
    for (Number h = 0; h <= Handle::kObserver; ++h) {
      const Handle handle{number, h};
      peer_.files().seek(handle, 0, SEEK_CUR);  // opens it
      faults_->opened(handle);
    }
    faults_->is_on_device(number, model(number));
  }
}

bool CaseRun::can_be_struck(const Command& c) const {
  if (!c.fault || is_nowait(c) || full_) return false;
  const bool flushes = c.fault->kind == FaultKind::flush;
  // A checkpoint of F2FS that fails ends all calls, and one that has no memory cannot be.
  if (flushes && !allowed_.reads_gaps && !is_fsync(c.action)) return false;
  if (c.fault->kind == FaultKind::memory && is_synchronous(c)) return false;
  switch (c.action) {
    case Action::write:
    case Action::read:
    case Action::truncate: return true;
    case Action::fsync:
    case Action::fdatasync:
    case Action::syncfs:
    case Action::write_back: return c.fault->kind != FaultKind::memory;
    default: return false;
  }
}

void CaseRun::prepare_for_faults(const Command& c) {
  struck_ = false;
  if (can_be_struck(c)) pending_ = c.fault;
  const bool seeks = c.action == Action::seek && (c.flags == SEEK_DATA || c.flags == SEEK_HOLE);
  const bool moves = c.action == Action::fallocate || c.action == Action::clone;
  // These drop what is cached, or look beneath it.
  if (moves || seeks || c.action == Action::write_mapped) {
    rewrite_lost(c.file);
    rewrite_lost(c.source);
  }
  const bool writes = c.action == Action::write || c.action == Action::write_mapped;
  // A write that syncs would report an error of another one's.
  const Handle h{c.file, c.handle};
  if (writes && is_synchronous(c) && faults_->owes(h)) report_owed(h);
}

void CaseRun::report_owed(Handle h) {
  const int answer = peer_.files().fsync(h);
  const int wanted = faults_->owed(h);
  if (!faults_->fsync_answers(h, answer, 0)) fail_report(wanted, answer);
}

void CaseRun::fail_report(int wanted, std::int64_t answer) {
  fail(
      {kReports, "ES-1, ES-2, ES-3, ES-5, ES-8", peer_.name(), std::to_string(wanted),
       std::to_string(answer)});
}

void CaseRun::rewrite_lost(Number file) {
  if (!faults_ || !faults_->is_lost(file)) return;
  // All of it, but for the holes of a large one.
  for (const Range& range : ranges_to_compare(model(file)))
    patch(peer_.files(), file, range.start, range.end);
  faults_->rewritten(file);
}

CaseRun::DeviceErrors CaseRun::device_errors() const {
  DeviceErrors found;
  if (!struck_) return found;
  for (const DeviceEvent& event : peer_.files().faults()->events()) {
    const auto kind = static_cast<std::size_t>(event.kind);
    if (event.error != 0) found.of[kind] = event.error;
    if (event.error == 0 && event.kind == FaultKind::write) found.some_arrived = true;
  }
  return found;
}

void CaseRun::note_strike(const Command& c) {
  if (!struck_) return;
  const FaultKind kind = c.fault->kind;
  ++answers_[strike_class(c.action, kind)];
  strikes_.insert({c.file, c.action, kind});
  const DeviceErrors errors = device_errors();
  const int write_error = errors.write();
  note_f2fs(c, errors);
  if (write_error != 0 && errors.some_arrived) ++answers_[kPartlyArrived];
  // A cluster that cannot be read cannot be written either.
  const int error = write_error != 0 ? write_error : errors.read();
  const bool is_sync = is_fsync(c.action) || c.action == Action::write_back;
  if (is_sync && error != 0) faults_->met(c.file, error);
  if (write_error != 0 && c.action != Action::syncfs) faults_->lost(c.file);
  if (write_error != 0 && (c.action == Action::write || c.action == Action::truncate))
    faults_->may_have_met(c.file, write_error);
  if (fails_to_sync(c, errors)) faults_->may_have_met(c.file, errors.read());
  if (c.action != Action::syncfs || error == 0) return;
  std::vector<Number> dirty;
  for (const Number number : kFiles) {
    if (faults_->may_be_dirty(number)) dirty.push_back(number);
  }
  for (const Number number : dirty) {
    if (dirty.size() == 1) {
      faults_->met(number, error);
    } else {
      faults_->may_have_met(number, error);
    }
    if (write_error != 0) faults_->lost(number);
  }
  faults_->volume_met(error);
}

bool CaseRun::fails_to_sync(const Command& c, const DeviceErrors& errors) const {
  return allowed_.has_clusters && c.action == Action::write && is_synchronous(c) &&
         errors.read() != 0;
}

void CaseRun::note_f2fs(const Command& c, const DeviceErrors& errors) {
  if (!allowed_.has_clusters) return;
  FaultInjector& faults = *peer_.files().faults();
  const bool unread = std::ranges::any_of(faults.events(), [&](const DeviceEvent& event) {
    return event.kind == FaultKind::read && event.error != 0 && faults.is_noticed(event.pos);
  });
  if (unread && c.fault->kind == FaultKind::read) ++answers_[kClusterUnread];
  // Without a sync a write or truncate writes inline data alone, or what is left of a cluster.
  const bool converts = c.action == Action::write && !is_synchronous(c);
  if (converts && errors.write() != 0) ++answers_[kUnconverted];
}

void CaseRun::note_recovery(const Command& c, std::int64_t answer) {
  if (struck_ || answer < 0) return;
  for (const auto& [file, action, kind] : strikes_) {
    if (file == c.file && action == c.action) ++answers_[recovery_class(action, kind)];
  }
  std::erase_if(strikes_, [&](const auto& strike) {
    return std::get<0>(strike) == c.file && std::get<1>(strike) == c.action;
  });
}

void CaseRun::check_dropped(Number file) {
  if (!faults_->is_lost(file)) return;
  bool older = false;
  observer_.check_bytes(peer_.files(), file, model(file), [&](Number pos, std::byte got) {
    older = true;
    return faults_->may_lie_there(file, pos, got);
  });
  if (older) ++answers_[kShowsOlder];
  if (!failure_) rewrite_lost(file);
}

void CaseRun::note_contents() {
  for (const Number number : kFiles) faults_->holds(number, model(number));
}

void CaseRun::finish_with_faults(Number number) {
  const Handle h{number, Handle::kObserver};
  rewrite_lost(number);
  if (faults_->owes(h)) report_owed(h);
}

}  // namespace quire::props
