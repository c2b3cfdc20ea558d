#include "props/lockstep/subject_run.h"

#include "props/differential/expected.h"
#include "props/differential/transfers.h"
#include "props/memory/first_difference.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <stdexcept>
#include <utility>

namespace quire::props {

SubjectRun::SubjectRun(
    SubjectFactory& factory, const Case& checked, UserMemory& memory, std::string name,
    Coverage* coverage, spec::LockGraph& waits)
    : setting_(checked.setting),
      recorder_(std::move(name), coverage, &waits),
      memory_(memory),
      subject_(factory.make(checked.setting, recorder_)) {
  if (subject_ == nullptr) throw std::runtime_error("the device failed while it was poisoned");
}

std::int64_t SubjectRun::step(std::size_t i, const Command& c) {
  command_ = i;
  if (for_peers(c)) throw std::invalid_argument("a command for peers alone: add --peer");
  switch (c.action) {
    case Action::write: return write(i, c);
    case Action::read: return read(c);
    case Action::fsync: return fsync(c.file);
    case Action::truncate: return truncate(c.file, c.length);
    case Action::drop_cache: subject_->drop_cache(c.file); return 0;
    case Action::reopen: file(c.file).positions[0] = 0; return subject_->reopen(c.file);
    default: return 0;
  }
}

void SubjectRun::finish(std::size_t commands) {
  command_ = commands == 0 ? 0 : commands - 1;
  for (auto& [number, model] : files_) {
    check_contents(number, 0, model.size());
    fsync(number);
  }
  expect(
      "Once everything is written back no block is reserved.", "DA-1", 0,
      static_cast<std::int64_t>(subject_->reserved_blocks()));
  for (auto& [number, model] : files_) truncate(number, 0);
  expect(
      "When every file is empty every block is free again.", "ACC-1",
      static_cast<std::int64_t>(setting_.blocks),
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
  const std::int64_t answer = subject_->write(c.file, memory_.segments(), c.at);
  recorder_.after_accesses({});

  const std::int64_t wanted = answer_for(bytes, good_bytes(c));
  if (c.answer) {
    if (auto other = judge_scripted_answer(c, answer, name())) fail(std::move(*other));
  } else if (answer != wanted && !ran_out(answer, wanted)) {
    expect(
        "A write accepts exactly the bytes before the first that cannot be read, unless the "
        "volume is full.",
        "GPW-2, GPW-8, GPW-11", wanted, answer);
  }
  const Number accepted = count_of(answer);
  const FileView before(model, pos, accepted);
  model.write(pos, source_bytes(accepted, seed_of(i)));
  if (c.at < 0) model.positions[0] += accepted;
  if (c.look_back) look_back(c.file, before, pos, accepted, seed_of(i));
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
  const std::int64_t answer = subject_->read(c.file, memory_.segments(), c.at);

  const std::int64_t wanted = answer_for(std::min(total_bytes(c), there), good_bytes(c));
  expect(
      "A read answers the bytes that the file has and the memory takes.", "read(2)", wanted,
      answer);
  if (answer != wanted) return answer;
  const Number stored = count_of(answer);
  if (c.at < 0) model.positions[0] += stored;
  if (auto broken = judge_stored(memory_, model.bytes, pos, stored, name()))
    fail(std::move(*broken));
  return answer;
}

std::int64_t SubjectRun::fsync(Number number) {
  const int answer = subject_->fsync(number);
  expect("fsync succeeds on a sound device.", "fsync(2)", 0, answer);
  if (!failure_) check_device(number);
  return answer;
}

std::int64_t SubjectRun::truncate(Number number, Number length) {
  const int answer = subject_->truncate(number, static_cast<std::int64_t>(length));
  expect("A truncate succeeds.", "ftruncate(2)", 0, answer);
  file(number).bytes.resize(length);
  return answer;
}

std::vector<std::byte> SubjectRun::read_back(Number number, Number pos, Number length) {
  std::vector<std::byte> bytes(length);
  const iovec whole{bytes.data(), bytes.size()};
  const std::int64_t got =
      length == 0 ? 0 : subject_->read(number, {&whole, 1}, static_cast<std::int64_t>(pos));
  expect("Bytes below the size can be read.", "read(2)", static_cast<std::int64_t>(length), got);
  return bytes;
}

void SubjectRun::check_contents(Number number, Number pos, Number length) {
  const std::vector<std::byte> got = read_back(number, pos, length);
  const std::span wanted(file(number).bytes.data() + pos, length);
  if (const Number at = first_difference(got, wanted); at < length)
    fail(wrong_byte(name(), pos + at, wanted[at], got[at]));
}

void SubjectRun::look_back(
    Number number, const FileView& before, Number pos, Number accepted, Number seed) {
  if (failure_) return;
  const Number size = static_cast<Number>(subject_->size(number));
  const Number end = std::min(size, before.end());
  const Number start = std::min(before.start(), end);
  const std::vector<std::byte> bytes = read_back(number, start, end - start);
  if (failure_) return;
  if (auto broken = judge_contents(before, bytes, start, pos, accepted, seed, size)) {
    broken->subject = name();
    fail(std::move(*broken));
  }
}

}  // namespace quire::props
