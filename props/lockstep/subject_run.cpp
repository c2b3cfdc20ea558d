#include "props/lockstep/subject_run.h"

#include "props/differential/compared_ranges.h"
#include "props/differential/expected.h"
#include "props/differential/transfers.h"
#include "props/memory/pattern.h"
#include "props/memory/poison.h"
#include "props/watchdog/journal.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <stdexcept>
#include <utility>

namespace quire::props {

SubjectRun::SubjectRun(
    SubjectFactory& factory, const Case& checked, UserMemory& memory, Reused& reused,
    const std::string& name, Coverage* coverage, spec::LockGraph& waits)
    : setting_(checked.setting),
      coverage_(coverage),
      recorder_(name, coverage, &waits),
      concurrent_(
          has_actors(checked.commands) && factory.serves_threads()
              ? std::make_unique<Concurrent>(recorder_, name, reused.turns, waits)
              : nullptr),
      memory_(memory),
      reused_(reused),
      scratch_(reused.scratch),
      subject_(make(factory, checked.setting)) {
  recorder_.bound_dirty(setting_.dirty_max, spec::kFolioSizeMax);
  if (subject_ == nullptr) throw std::runtime_error("the device failed while it was poisoned");
  recorder_.device_lacks_memory([this] { return device_lacked_memory(); });
}

bool SubjectRun::device_lacked_memory() const {
  return was_struck() && std::ranges::any_of(subject_->faults().events(), [](const auto& event) {
           return event.kind == FaultKind::write && event.error == -ENOMEM;
         });
}

std::unique_ptr<Subject> SubjectRun::make(SubjectFactory& factory, const Setting& setting) {
  if (concurrent_ != nullptr) return factory.make(setting, concurrent_->recorder);
  return factory.make(setting, recorder_);
}

std::int64_t SubjectRun::step(std::size_t i, const Command& c) {
  command_ = i;
  journal_side(name());
  return act(i, c);
}

std::int64_t SubjectRun::act(std::size_t i, const Command& c) {
  if (for_peers(c)) throw std::invalid_argument("a command for peers alone: add --peer");
  open(c.file, 0);
  open(c.file, c.handle);
  const Number taken_before = c.fault ? taken_blocks() : 0;
  const bool shrinks = c.action == Action::truncate && c.length < file(c.file).size();
  const std::int64_t answer = run(i, c);
  recorder_.call_ends();
  std::set<Number> touched{c.file};
  if (device_lacked_memory()) {  // what it has not written is dirty anew, of any file
    for (const auto& [number, model] : files_) touched.insert(number);
  }
  subject_->audit(touched, shrinks && answer == 0 ? std::optional(c.file) : std::nullopt);
  check_size(c.file);
  if (was_struck() && !failure_) judge_strike(c, answer, taken_before);
  return answer;
}

void SubjectRun::check_size(Number number) {
  const FileModel& model = file(number);
  expect(
      "The file has the size that the calls so far have given it.", "O7",
      static_cast<std::int64_t>(model.size()), size(number));
  expect(
      "The position moves by the bytes that are counted.", "GPW-1",
      static_cast<std::int64_t>(model.positions[0]), position(number));
}

std::int64_t SubjectRun::run(std::size_t i, const Command& c) {
  subject_->faults().begin(std::nullopt);
  switch (c.action) {
    case Action::write: return write(i, c);
    case Action::read: return read(c);
    case Action::fsync: return fsync(c);
    case Action::truncate: return truncate(c);
    case Action::drop_cache: drop_cache(c.file); return 0;
    case Action::reopen:
      if (c.handle == 0) file(c.file).positions[0] = 0;
      errors_.opened(c.file, c.handle);
      return subject_->reopen(c.file, c.handle);
    default: return 0;
  }
}

void SubjectRun::finish(std::size_t commands) {
  command_ = commands == 0 ? 0 : commands - 1;
  const auto sync = [&](Number number, Number handle) {
    Command c{Action::fsync, number, 0, {}, 0, false};
    c.handle = handle;
    fsync(c);
  };
  journal_side(name());
  for (auto& [number, model] : files_) {
    for (const Range& range : ranges_to_compare(model)) check_contents(number, range);
    sync(number, 0);
    subject_->audit({number});
  }
  if (any_struck_) {
    for (const auto& [number, handle] : opened_) sync(number, handle);
    for (auto& [number, model] : files_) {
      drop_cache(number);
      for (const Range& range : ranges_to_compare(model)) check_contents(number, range);
    }
  }
  expect(
      "Once everything is written back no block is reserved.", "DA-1", 0,
      static_cast<std::int64_t>(subject_->reserved_blocks()));
  check_mapped();
  for (auto& [number, model] : files_) {
    truncate({Action::truncate, number, 0, {}, 0, false});
    subject_->audit({number});
  }
  expect(
      "When every file is empty every block is free again.", "ACC-1",
      static_cast<std::int64_t>(setting_.first_block + setting_.blocks),
      static_cast<std::int64_t>(subject_->free_blocks()));
}

std::optional<Failure> SubjectRun::failure() const {
  if (failure_ || !recorder_.failure()) return failure_;
  Failure broken = *recorder_.failure();
  broken.command = command_;
  return broken;
}

void SubjectRun::fail(Failure failure) {
  if (failure_ || recorder_.failure()) return;
  failure_ = std::move(failure);
  failure_->command = command_;
}

void SubjectRun::expect(
    const char* says, const char* source, std::int64_t wanted, std::int64_t got) {
  if (wanted == got) return;
  fail({says, source, name(), std::to_string(wanted), std::to_string(got)});
}

std::int64_t SubjectRun::write(std::size_t i, const Command& c) {
  FileModel& model = file(c.file);
  const Number pos = c.at < 0 ? model.positions[0] : static_cast<Number>(c.at);
  const Number bytes = total_bytes(c);
  fill_sources(memory_, c, seed_of(i));
  recorder_.write_begins(bytes);
  std::size_t accesses = 0;
  const auto end_memory = [&] {
    if (accesses < c.ends.size()) memory_.end_at(c.ends[accesses++]);
  };
  end_memory();
  recorder_.after_accesses(end_memory);
  const Mappings mapped_before = mappings_before(c, pos);
  const std::int64_t answer =
      under_fault(c, [&] { return subject_->write(c.file, memory_.segments(), c.at); });
  recorder_.after_accesses({});

  const std::int64_t wanted = answer_at(pos, bytes, answer_for(bytes, good_bytes(c)));
  const Excuse excuse = excuse_of(c, pos, bytes);
  if (c.answer) {
    if (auto other = judge_scripted_answer(c, answer, name())) fail(std::move(*other));
  } else if (excuse.error != 0) {
    if (!excuses(excuse, answer, wanted, pos) && !ran_out(answer, wanted))
      fail_unexcused(excuse, answer);
  } else if (answer != wanted && !ran_out(answer, wanted)) {
    expect(
        "A write accepts exactly the bytes before the first that cannot be read, unless the "
        "volume is full.",
        "GPW-2, GPW-8, GPW-11", wanted, answer);
  }
  const Number accepted = count_of(answer);
  std::optional<FileView> before;
  if (c.look_back || was_struck()) before.emplace(model, pos, accepted);
  // A write behind the end zeroes the rest of the last block before it looks at its memory.
  if (accepted != 0 || model.size() < pos)
    note_resize(c.file, std::max(model.size(), pos + accepted));
  losses(c.file).wrote(pos, pos + accepted);
  const std::span<std::byte> source = scratch_.bytes(accepted);
  fill_pattern(source, seed_of(i), 0);
  model.write(pos, source);
  if (c.at < 0) model.positions[0] += accepted;
  settle(c, mapped_before, pos, pos + accepted);
  if (before) look_back(c.file, *before, pos, accepted, seed_of(i));
  return answer;
}

bool SubjectRun::ran_out(std::int64_t answer, std::int64_t wanted) {
  if (subject_->free_blocks() >= spec::kPageSize / setting_.block_size) return false;
  return answer == -ENOSPC || (answer > 0 && answer < wanted);
}

std::int64_t SubjectRun::read(const Command& c) {
  FileModel& model = file(c.file);
  const Number pos = c.at < 0 ? model.positions[0] : static_cast<Number>(c.at);
  const Number there = pos < model.size() ? model.size() - pos : 0;
  fill_destinations(memory_, c);
  const std::int64_t answer =
      under_fault(c, [&] { return subject_->read(c.file, memory_.segments(), c.at); });

  const Number bytes = total_bytes(c);
  const Number readable = std::min(bytes, there);
  const std::int64_t wanted = answer_at(pos, bytes, answer_for(readable, good_bytes(c)));
  const Excuse excuse = excuse_of(c, pos, readable);
  if (excuse.error == 0) {
    expect(
        "A read answers the bytes that the file has and the memory takes.", "read(2)", wanted,
        answer);
    if (answer != wanted) return answer;
  } else if (!excuses(excuse, answer, wanted, pos)) {
    fail_unexcused(excuse, answer);
    return answer;
  }
  const Number stored = count_of(answer);
  if (c.at < 0) model.positions[0] += stored;
  if (auto broken = judge_stored(memory_, model, pos, stored, name())) fail(std::move(*broken));
  return answer;
}

std::span<const std::byte> SubjectRun::read_back(Number number, Number pos, Number length) {
  const std::span<std::byte> bytes = scratch_.bytes(length);
  std::ranges::fill(bytes, kPoison);  // so that a byte which was not stored shows
  const std::int64_t got =
      length == 0 ? 0 : subject_->read_back(number, bytes, static_cast<std::int64_t>(pos));
  expect("Bytes below the size can be read.", "read(2)", static_cast<std::int64_t>(length), got);
  return bytes;
}

void SubjectRun::check_contents(Number number, const Range& range) {
  const std::span<const std::byte> got = read_back(number, range.start, range.end - range.start);
  const FileModel& model = file(number);
  const Number equal = model.equal_bytes(range.start, got);
  if (equal == got.size()) return;
  const Number at = range.start + equal;
  fail(wrong_byte(name(), at, model.at(at), got[equal]));
}

void SubjectRun::look_back(
    Number number, const FileView& before, Number pos, Number accepted, Number seed) {
  if (failure_) return;
  const Number size = static_cast<Number>(subject_->size(number));
  const Number end = std::min(size, before.end());
  const Number start = std::min(before.start(), end);
  const std::span<const std::byte> bytes = read_back(number, start, end - start);
  if (failure_) return;
  if (auto broken = judge_contents(before, file(number), bytes, start, pos, accepted, seed, size)) {
    broken->subject = name();
    fail(std::move(*broken));
  }
}

}  // namespace quire::props
