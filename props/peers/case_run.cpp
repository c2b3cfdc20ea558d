#include "props/peers/case_run.h"

#include "props/peers/case_run_calls.h"
#include "ref/vfs/rw_flags.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace quire::props {

using Number = CaseRun::Number;

namespace {

/// Bytes; no volume has space for more.
constexpr Number kBallastMax = Number{1} << 40;

}  // namespace

CaseRun::CaseRun(Side ref, Side peer, const Setting& setting, AnswerCounts& answers)
    : ref_(std::move(ref)),
      peer_(std::move(peer)),
      ours_(allowance_of(ref_.name())),
      allowed_(allowance_of(peer_.name())),
      block_size_(setting.block_size),
      each_byte_(setting.each_byte),
      answers_(answers),
      observer_([this](Failure failure) { fail(std::move(failure)); }) {}

void CaseRun::fail(Failure failure) {
  if (failure_) return;
  failure.command = command_;
  failure_ = std::move(failure);
}

void CaseRun::begins(Number bytes) {
  ref_.judge().write_begins(bytes);
  peer_.judge().write_begins(bytes);
}

void CaseRun::differ(const char* what, std::int64_t wanted, std::int64_t got) {
  fail(
      {ref_.name() + " and " + peer_.name() + " agree on " + what + ".", "lockstep", peer_.name(),
       std::to_string(wanted), std::to_string(got)});
}

std::optional<Failure> CaseRun::failure() const {
  for (const Side* side : {&ref_, &peer_}) {
    const std::string& name = side->name();
    if (!side->judge().failure() || (failure_ && failure_->subject != name)) continue;
    Failure broken = *side->judge().failure();
    broken.subject = name;
    broken.command = command_;
    return broken;
  }
  return failure_;
}

void CaseRun::step(std::size_t i, const Command& c) {
  command_ = i;
  const bool has_flags =
      c.action == Action::write || c.action == Action::read || c.action == Action::write_mapped;
  if (has_flags && (c.flags & ref::kNoappend) != 0 && !allowed_.knows_noappend) {
    Command without = c;
    without.flags &= ~ref::kNoappend;
    return step(i, without);
  }
  if (is_left_away(c)) return;
  const Handle h{c.file, c.handle};
  switch (c.action) {
    case Action::write: write(i, c); break;
    case Action::read: read(c); break;
    case Action::fsync: same_on_both(c, [&](Files& f) { return f.fsync(h); }); break;
    case Action::fdatasync: same_on_both(c, [&](Files& f) { return f.fdatasync(h); }); break;
    case Action::syncfs: same_on_both(c, [&](Files& f) { return f.syncfs(h); }); break;
    case Action::truncate: truncate(c); break;
    case Action::drop_cache:
      ref_.files().drop_cache(c.file);
      peer_.files().drop_cache(c.file);
      break;
    case Action::reopen: reopen(c); break;
    case Action::seek: seek(c); break;
    case Action::fallocate: fallocate(c); break;
    case Action::clone: clone(c); break;
    case Action::write_mapped: write_mapped(c); break;
    case Action::fill:
      model(0);  // a full volume could not open new files
      model(1);
      observe();
      begins(kBallastMax);
      peer_.files().fill(c.length);
      full_ = true;
      return;
  }
  model(c.file);
  observe();
}

bool CaseRun::is_left_away(const Command& c) const {
  if (c.action == Action::fallocate) return !ours_.allocates || !allowed_.allocates;
  return c.action == Action::clone && !ours_.clones;
}

void CaseRun::finish() {
  if (full_) release();
  for (auto& [number, file] : models_) {
    const Handle h{number, Handle::kObserver};
    for (Files* files : {&ref_.files(), &peer_.files()}) {
      if (failure()) return;
      observer_.check_bytes(*files, number, file);
      if (const int error = files->fsync(h); error != 0)
        fail(
            {"fsync succeeds on a sound device.", "fsync(2)", files->name(), "0",
             std::to_string(error)});
      files->drop_cache(number);
      observer_.check_bytes(*files, number, file);
    }
    ref_.files().truncate(h, 0);
    peer_.files().truncate(h, 0);
  }
  for (Files* files : {&ref_.files(), &peer_.files()}) {
    if (const auto leak = files->leak()) {
      fail(
          {"When every file is empty every block is free again.", "ACC-1", files->name(),
           "all blocks free", *leak});
    }
  }
}

void CaseRun::observe() {
  for (const auto& [number, file] : models_) {
    for (Files* files : {&ref_.files(), &peer_.files()}) {
      if (failure_) return;
      observer_.check_handles(*files, number, file);
      if (each_byte_ && !failure_) observer_.check_bytes(*files, number, file);
    }
    if (!failure_)
      observer_.check_holes(ref_.files(), peer_.files(), number, file, !ours_.has_its_own_holes);
  }
}

void CaseRun::release() {
  full_ = false;
  peer_.files().release();
}

void CaseRun::patch(Files& files, Number file, Number pos, Number end) {
  if (end <= pos) return;
  if (full_ && &files == &peer_.files()) release();
  begins(end - pos);
  const iovec bytes{model(file).bytes.data() + pos, end - pos};
  const std::int64_t written =
      files.write({file, Handle::kObserver}, {&bytes, 1}, static_cast<std::int64_t>(pos), 0);
  if (written == static_cast<std::int64_t>(end - pos)) return;
  fail(
      {"A plain write with space and good memory takes every byte.", "write(2)", files.name(),
       std::to_string(end - pos), std::to_string(written)});
}

void CaseRun::truncate(const Command& c) {
  const std::int64_t answer = same_on_both(c, [&](Files& f) {
    return f.truncate({c.file, c.handle}, static_cast<std::int64_t>(c.length));
  });
  if (answer == 0) model(c.file).bytes.resize(c.length);
}

void CaseRun::reopen(const Command& c) {
  model(c.file).positions.at(c.handle) = 0;
  same_on_both(c, [&](Files& f) { return f.reopen({c.file, c.handle}); });
}

}  // namespace quire::props
