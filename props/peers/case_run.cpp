#include "props/peers/case_run.h"

#include "props/differential/windows.h"
#include "props/peers/case_run_calls.h"
#include "props/peers/durable.h"
#include "ref/vfs/rw_flags.h"
#include "spec/geometry.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

using Number = CaseRun::Number;

namespace {

/// Bytes; no volume has space for more.
constexpr Number kBallastMax = Number{1} << 40;

/// Bytes: of F2FS's clusters, and behind a large place.
constexpr Number kClusterBytes = 4 * spec::kPageSize;
constexpr Number kNearPlace = 16 << 10;

}  // namespace

CaseRun::CaseRun(Side ref, Side peer, const Setting& setting, AnswerCounts& answers, bool fails)
    : ref_(std::move(ref)),
      peer_(std::move(peer)),
      ours_(allowance_of(ref_.name())),
      allowed_(allowance_of(peer_.name())),
      block_size_(setting.block_size),
      each_byte_(setting.each_byte),
      sync_(setting.sync),
      quota_(setting.quota),
      answers_(answers),
      observer_([this](Failure failure) { fail(std::move(failure)); }) {
  if (fails && peer_.files().faults() != nullptr) {
    faults_ = std::make_unique<FaultAccount>();
    open_for_faults();
  }
  if (setting.throttle == 0) return;
  const Number limit = setting.throttle / 5;
  for (const Side* side : {&ref_, &peer_}) {
    // An attempt of ref's plain path takes a page, one of a model at most a folio.
    const Number attempt =
        (side->name() == "ref" ? spec::kPageSize : spec::kFolioSizeMax) / spec::kPageSize;
    side->judge().bound_dirty(limit, std::max<Number>(limit / 32, 16) + attempt);
  }
}

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
  if (!c.actors.empty()) return step_with_actors(i, c);
  call(i, c);
  audit();
}

void CaseRun::audit() {
  for (const Side* side : {&ref_, &peer_}) {
    side->judge().call_ends();
    side->files().audit();
  }
}

void CaseRun::call(std::size_t i, const Command& c) {
  const bool has_flags =
      c.action == Action::write || c.action == Action::read || c.action == Action::write_mapped;
  if (has_flags && (c.flags & ref::kNoappend) != 0 && !allowed_.knows_noappend) {
    Command without = c;
    without.flags &= ~ref::kNoappend;
    return call(i, without);
  }
  if (is_left_away(c)) return;
  const Number size_before = model(c.file).size();
  for (Side* side : {&ref_, &peer_}) side->files().pass_time(c.ticks);
  if (faults_) prepare_for_faults(c);
  dropped_ = faults_ && c.action == Action::drop_cache;
  switch (c.action) {
    case Action::write: write(i, c); break;
    case Action::read: read(c); break;
    case Action::fsync:
    case Action::fdatasync:
    case Action::syncfs: faults_ ? sync_under_faults(c) : sync(c); break;
    case Action::truncate: faults_ ? truncate_under_faults(c) : truncate(c); break;
    case Action::drop_cache:
      ref_.files().drop_cache(c.file);
      peer_.files().drop_cache(c.file);
      if (faults_) check_dropped(c.file);
      break;
    case Action::write_back:
      if (faults_) {
        write_back_under_faults(c);
        break;
      }
      ref_.files().write_back(c.file);
      peer_.files().write_back(c.file);
      break;
    case Action::reopen: reopen(c); break;
    case Action::seek: seek(c); break;
    case Action::fallocate: fallocate(c); break;
    case Action::clone: clone(c); break;
    case Action::write_mapped: write_mapped(c); break;
    case Action::store_mapped: store_mapped(c); break;
    case Action::fill:
      model(0);  // a full volume could not open new files
      model(1);
      observe();
      begins(kBallastMax);
      peer_.files().fill(c.length);
      full_ = true;
      return;
  }
  note_places(c, size_before);
  observe();
  if (faults_) note_contents();
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
      if (faults_ && files == &peer_.files()) finish_with_faults(number);
      if (const int error = files->fsync(h); error != 0)
        fail(
            {"fsync succeeds on a sound device.", "fsync(2)", files->name(), "0",
             std::to_string(error)});
      if (auto lost = judge_durable(*files, number, file)) fail(std::move(*lost));
      files->drop_cache(number);
      observer_.check_bytes(*files, number, file);
    }
    audit();
    ref_.files().truncate(h, 0);
    peer_.files().truncate(h, 0);
    audit();
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
      // What was dropped stays so: else no later command would have to read it.
      const bool reads = each_byte_ && !(dropped_ && files == &peer_.files());
      if (reads && !failure_) observer_.check_bytes(*files, number, file);
    }
    // A lost block may be a hole with bytes that are cached alone.
    if (!failure_ && !(faults_ && faults_->is_lost(number)))
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
  std::vector<std::byte> held = model(file).bytes(pos, end - pos);
  const iovec bytes{held.data(), held.size()};
  const std::int64_t written =
      files.write({file, Handle::kObserver}, {&bytes, 1}, static_cast<std::int64_t>(pos), 0);
  if (written == static_cast<std::int64_t>(end - pos)) return;
  fail(
      {"A plain write with space and good memory takes every byte.", "write(2)", files.name(),
       std::to_string(end - pos), std::to_string(written)});
}

bool CaseRun::store_behind_the_end(Number number) {
  // A page of a full volume may not be had.
  if (full_ || !allowed_.zeroes_stores) return false;
  const auto end = static_cast<Number>(peer_.files().size(number));
  if (!peer_.files().store_mapped(number)) return false;
  stored_.insert(number);
  stored_page_[number] = end / spec::kPageSize;
  return true;
}

void CaseRun::store_mapped(const Command& c) {
  begins(spec::kPageSize);  // as far as the page is dirty, a call that grows the file may zero it
  if (!store_behind_the_end(c.file)) return;
  ++answers_[kStored];
  if (allowed_.has_clusters && peer_.files().is_compressed(c.file, model(c.file).size() - 1))
    ++answers_[kStoredInCluster];
}

std::string growth_class(Action action) {
  return fmt::format("{}: grows a file over bytes stored through a mapping", name_of(action));
}

std::string place_class(Action action, const char* place) {
  return fmt::format("{} at {}: done", name_of(action), place);
}

void CaseRun::note_places(const Command& c, Number before) {
  const Number size = model(c.file).size();
  if (before < size && stored_.erase(c.file) != 0) ++answers_[growth_class(c.action)];
  if (size < before) {
    stored_.erase(c.file);
    stored_page_.erase(c.file);
  }
  const auto cut = cut_.find(c.file);
  if (cut != cut_.end() && c.action == Action::drop_cache) cut->second = true;
  if (cut != cut_.end() && before < size) {
    if (cut->second) ++answers_[kClusterCut];
    cut_.erase(cut);
  }
  if (size <= kLargePlaces.front().pos || failure_) return;
  const bool grows = before < size;
  for (const LargePlace& place : kLargePlaces) {
    const Number pos = c.at < 0 ? 0 : static_cast<Number>(c.at);
    const bool is_last = place.pos == spec::kFileSizeMax;
    const bool is_there = is_last ? grows && size == place.pos
                                  : c.action == Action::write && pos - place.pos < kNearPlace;
    if (is_there) ++answers_[place_class(c.action, place.name)];
  }
}

void CaseRun::truncate(const Command& c) {
  const bool cuts = allowed_.has_clusters && c.length < model(c.file).size() &&
                    c.length % kClusterBytes != 0 && peer_.files().is_compressed(c.file, c.length);
  const std::int64_t answer = same_on_both(c, [&](Files& f) {
    return f.truncate({c.file, c.handle}, static_cast<std::int64_t>(c.length));
  });
  if (answer == 0) model(c.file).resize(c.length);
  if (answer == 0 && cuts) cut_[c.file] = false;
}

void CaseRun::reopen(const Command& c) {
  model(c.file).positions.at(c.handle) = 0;
  same_on_both(c, [&](Files& f) { return f.reopen({c.file, c.handle}); });
  if (faults_) faults_->opened({c.file, c.handle});
}

}  // namespace quire::props
