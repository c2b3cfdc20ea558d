// A subject whose device or memory fails: what its calls may answer, and what may be lost.
#include "props/differential/expected.h"
#include "props/lockstep/subject_run.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace quire::props {

void SubjectRun::open(Number number, Number handle) {
  if (opened_.emplace(number, handle).second) errors_.opened(number, handle);
  losses(number);
  (void)subject_->size(number);  // opens it
}

bool SubjectRun::lacks_the_same_blocks(const SubjectRun& other) const {
  const auto holes_of = [](const SubjectRun& run, Number number) {
    const auto at = run.losses_.find(number);
    return at == run.losses_.end() ? BlockRanges() : at->second.holes();
  };
  // A block that may be dirty still may hold a reservation.
  const auto is_sure = [](const SubjectRun& run) {
    return std::ranges::none_of(run.losses_, [](const auto& of_file) {
      return std::ranges::any_of(of_file.second.lost(), [](const auto& block) {
        return !block.second.certain && !block.second.mapped;
      });
    });
  };
  if (!is_sure(*this) || !is_sure(other)) return false;
  for (Number number = 0; number < 2; ++number) {
    if (holes_of(*this, number) != holes_of(other, number)) return false;
  }
  return true;
}

SubjectRun::Mappings SubjectRun::mappings_before(const Command& c, Number pos) {
  Mappings mappings;
  if (!c.fault || c.fault->kind != FaultKind::write) return mappings;
  const auto look_up = [&](Number number, Number block) {
    if (const auto mapped = subject_->device_block_of(number, block))
      mappings.emplace(std::pair(number, block), *mapped);
  };
  for (const auto& [number, of] : losses_) {
    of.dirty().for_each([&, n = number](Number block) { look_up(n, block); });
  }
  const Number bs = setting_.block_size, end = pos + total_bytes(c);
  for (Number block = pos / bs; block * bs < end; ++block) look_up(c.file, block);
  look_up(c.file, file(c.file).size() / bs);  // a write behind the end zeroes its rest
  return mappings;
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

void SubjectRun::note_resize(Number number, Number size) {
  const Number before = file(number).size();
  if (before == size) return;
  const Number edge = std::min(before, size) / setting_.block_size;
  losses(number).resized(before, size, subject_->device_block_of(number, edge).has_value());
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
  const int owed = errors_.owed(c.file, c.handle).last;
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

void SubjectRun::settle(const Command& c, const Mappings& before, Number pos, Number end) {
  const FaultInjector& faults = subject_->faults();
  bool any = false, any_good = false;
  int error = 0;
  Number failed_blocks = 0;
  for (const DeviceEvent& event : faults.events()) {
    if (event.kind != FaultKind::write) continue;
    any = true;
    any_good = any_good || event.error == 0;
    if (event.error == 0) continue;
    error = event.error;
    failed_blocks += event.bytes / setting_.block_size;
  }
  const FailureManners& manners = subject_->manners();
  if (error != 0 && manners.tries_again && c.fault->reach == FaultReach::once) error = 0;
  const bool keeps = error == -ENOMEM && manners.dirty_on_enomem;
  const bool is_fsync = c.action == Action::fsync;
  if (is_fsync) {
    if (any_good) errors_.arrived(c.file);
    if (error != 0 && !keeps) errors_.met(c.file, error);
    stays_dirty_ = keeps;
    BlockLosses& of = losses(c.file);
    if (error == 0 && of.lost().empty() && of.stale().empty()) return of.known_clean();
  }
  if (!any && !is_fsync) return;

  const Number bs = setting_.block_size;
  const DeviceAnswers writes(faults.events(), FaultKind::write, bs);
  std::set<Number> explained;                       // device blocks
  std::vector<std::pair<Number, Number>> unmapped;  // file blocks that may be lost
  Number lost_unmapped = 0;
  for (auto& [number, of] : losses_) {
    if (is_fsync && number != c.file) continue;
    std::vector<Number> dirty;
    of.dirty().for_each([&](Number block) { dirty.push_back(block); });
    bool met = false;
    for (const Number block : dirty) {
      const bool again =
          number == c.file && pos < end && pos / bs <= block && block <= (end - 1) / bs;
      const auto mapped = subject_->device_block_of(number, block);
      const auto was = before.find({number, block});
      if (was != before.end() && was->second != mapped) {
        fail(
            {"A block of the device stays a file's when a write to it fails.", "WBK-3", name(),
             fmt::format("block {} of file {} at {}", block, number, was->second),
             mapped ? std::to_string(*mapped) : "a hole"});
      }
      if (!mapped) {
        if (!is_fsync) unmapped.emplace_back(number, block);
        if (!is_fsync || keeps) continue;
        if (error != 0) {
          // One that a pass before this may have lost need not have been written now.
          lost_unmapped += of.lost().contains(block) ? 0 : 1;
          of.lose(block, {std::vector<std::byte>(bs), false, true});
        } else {
          of.known_clean(block);  // and lost, if that was not certain; else it must be zero
        }
        continue;
      }
      const DeviceAnswers::Answer* const answer = writes.find(*mapped);
      if (answer == nullptr) {
        if (is_fsync) of.known_clean(block);
        continue;
      }
      explained.insert(*mapped);
      if (answer->last == 0) {
        if (!is_fsync) errors_.arrived(number);
        of.arrived(block, again);
        continue;
      }
      if (was == before.end() && !answer->ever_good) {
        fail(
            {"A newly allocated block whose write failed is not read from the device.",
             "WBK-3, WBK-4, O3", name(), fmt::format("a hole at block {}", block),
             fmt::format("block {} of the device", *mapped)});
      }
      if (keeps) continue;
      met = true;
      of.lose(block, {on_device(*mapped), true, !again});
    }
    if (met && !is_fsync) errors_.met(number, error);
  }
  if (error == 0 || keeps) return;

  // The rest failed in blocks that were new, and are holes again: whose they were is not seen.
  Number unexplained = 0;
  writes.for_each([&](Number block, const DeviceAnswers::Answer& answer) {
    unexplained += answer.last != 0 && !explained.contains(block) ? 1 : 0;
  });
  if (is_fsync) {
    // Without a second try, the next block may have been given the place of one that failed.
    if (!manners.tries_again) unexplained = failed_blocks;
    if (unexplained < lost_unmapped) {
      fail(
          {"Only blocks whose write failed are lost.", "WBK-4", name(),
           fmt::format("at most {} new blocks lost", unexplained), std::to_string(lost_unmapped)});
    }
    return;
  }
  if (unexplained == 0) return;
  std::set<Number> of_files;
  for (const auto& [number, block] : unmapped) {
    of_files.insert(number);
    losses(number).lose(block, {std::vector<std::byte>(bs), false, false});
  }
  for (const Number number : of_files) {
    if (of_files.size() == 1) {
      errors_.met(number, error);
    } else {
      errors_.may_have_met(number, error);
    }
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

std::vector<std::byte> SubjectRun::on_device(Number device_block) {
  std::vector<std::byte> bytes(setting_.block_size);
  if (const int error = subject_->read_device(device_block * bytes.size(), bytes); error != 0) {
    throw std::runtime_error(fmt::format("the device cannot be read: {}", std::strerror(-error)));
  }
  return bytes;
}

FileModel SubjectRun::device_view(Number number) {
  FileModel view = file(number);
  const Number bs = setting_.block_size;
  const auto put = [&](Number block, std::span<const std::byte> bytes) {
    if (view.size() <= block * bs) return;
    view.write(block * bs, bytes.first(std::min(bs, view.size() - block * bs)));
  };
  for (const auto& [block, lost] : losses(number).lost()) put(block, lost.image);
  if (!stays_dirty_) return view;
  // What is dirty still may lie there as it was before.
  losses(number).dirty().for_each([&](Number block) {
    const auto mapped = subject_->device_block_of(number, block);
    put(block, mapped ? on_device(*mapped) : std::vector<std::byte>(bs));
  });
  return view;
}

void SubjectRun::drop_cache(Number number) {
  subject_->drop_cache(number);
  BlockLosses& of = losses(number);
  FileModel& model = file(number);
  const Number bs = setting_.block_size;
  // A folio with a dirty block stays. It is not known which blocks share a folio.
  const bool all_dropped = of.dirty().empty();
  const auto lost = of.lost();
  for (const auto& [block, was] : lost) {
    const Number pos = block * bs;
    if (failure_) return;
    if (model.size() <= pos) continue;
    const Number length = std::min(bs, model.size() - pos);
    const bool dropped =
        all_dropped || model.equal_bytes(pos, read_back(number, pos, length)) < length;
    if (!dropped) continue;
    model.write(pos, std::span(was.image).first(length));
    of.forget(block);
    if (!all_dropped) check_contents(number, {pos, pos + length});
  }
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
