#include "props/lockstep/run.h"

#include "props/lockstep/expected.h"
#include "props/memory/first_difference.h"
#include "props/memory/pattern.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <stdexcept>
#include <utility>

namespace quire::props {

Run::Run(
    SubjectFactory& factory, const Case& checked, UserMemory& memory, std::string name,
    Coverage* coverage, spec::LockGraph& waits)
    : setting_(checked.setting),
      judge_(std::move(name), coverage, &waits),
      memory_(memory),
      subject_(factory.make(checked.setting, judge_)) {
  if (subject_ == nullptr) throw std::runtime_error("the device failed while it was poisoned");
}

std::int64_t Run::step(std::size_t i, const Command& c) {
  command_ = i;
  if (for_peers(c)) throw std::invalid_argument("a command for peers alone: add --peer");
  switch (c.action) {
    case Action::write: return write(i, c);
    case Action::read: return read(c);
    case Action::fsync: return fsync(c.file);
    case Action::truncate: return truncate(c.file, c.length);
    case Action::drop_cache: subject_->drop_cache(c.file); return 0;
    case Action::reopen: shadow(c.file).position = 0; return subject_->reopen(c.file);
    default: return 0;
  }
}

void Run::finish(std::size_t commands) {
  command_ = commands == 0 ? 0 : commands - 1;
  for (auto& [number, file] : shadows_) {
    check_contents(number, 0, file.bytes.size());
    fsync(number);
  }
  expect(
      "Once everything is written back no block is reserved.", "DA-1", 0,
      subject_->reserved_blocks());
  for (auto& [number, file] : shadows_) truncate(number, 0);
  expect(
      "When every file is empty every block is free again.", "ACC-1", setting_.blocks,
      subject_->free_blocks());
}

std::optional<Failure> Run::failure() {
  if (!failure_ && judge_.failure()) {
    failure_ = judge_.failure();
    failure_->command = command_;
  }
  return failure_;
}

void Run::fail(std::string says, std::string source, std::string expected, std::string actual) {
  if (failure_ || judge_.failure()) return;
  failure_ = Failure{std::move(says),     std::move(source), subject_->name(),
                     std::move(expected), std::move(actual), command_};
}

void Run::expect(const char* says, const char* source, Number wanted, Number got) {
  if (wanted != got) fail(says, source, std::to_string(wanted), std::to_string(got));
}

std::int64_t Run::write(std::size_t i, const Command& c) {
  Shadow& file = shadow(c.file);
  const Number pos = c.at < 0 ? file.position : static_cast<Number>(c.at);
  const Number bytes = total_bytes(c);
  memory_.clear();
  Number first = 0;
  for (const BufferShape& shape : c.memory) {
    memory_.source(shape, i + 1, first);
    first += shape.size;
  }
  judge_.write_begins(bytes);
  std::size_t accesses = 0;
  const auto end_memory = [&] {
    if (accesses < c.ends.size()) memory_.end_at(c.ends[accesses++]);
  };
  end_memory();
  judge_.after_accesses(end_memory);
  const std::int64_t answer = subject_->write(c.file, memory_.segments(), c.at);
  judge_.after_accesses({});

  const std::int64_t wanted = answer_for(bytes, good_bytes(c));
  if (c.answer && !is_answer_of(c, answer)) {
    fail(
        "A write answers what its vector says.", "GPW-2, GPW-8, GPW-11", std::to_string(*c.answer),
        std::to_string(answer));
  } else if (!c.answer && answer != wanted && !ran_out(answer, wanted)) {
    fail(
        "A write accepts exactly the bytes before the first that cannot be read, unless the "
        "volume "
        "is full.",
        "GPW-2, GPW-8, GPW-11", std::to_string(wanted), std::to_string(answer));
  }
  const Number accepted = answer > 0 ? static_cast<Number>(answer) : 0;
  const FileView before(file, pos, accepted);
  file.write(pos, accepted, i + 1);
  if (c.at < 0) file.position += accepted;
  if (c.look_back) look_back(c.file, before, pos, accepted, i + 1);
  return answer;
}

bool Run::ran_out(std::int64_t answer, std::int64_t wanted) {
  if (subject_->free_blocks() >= spec::kPageSize / setting_.block_size) return false;
  return answer == -ENOSPC || (answer > 0 && answer < wanted);
}

std::int64_t Run::read(const Command& c) {
  Shadow& file = shadow(c.file);
  const Number pos = c.at < 0 ? file.position : static_cast<Number>(c.at);
  const Number there = pos < file.bytes.size() ? file.bytes.size() - pos : 0;
  const Number bytes = std::min(total_bytes(c), there);
  memory_.clear();
  for (const BufferShape& shape : c.memory) memory_.destination(shape);
  const std::int64_t answer = subject_->read(c.file, memory_.segments(), c.at);

  const std::int64_t wanted = answer_for(bytes, good_bytes(c));
  if (answer != wanted) {
    fail(
        "A read answers the bytes that the file has and the memory takes.", "read(2)",
        std::to_string(wanted), std::to_string(answer));
    return answer;
  }
  const Number stored = answer > 0 ? static_cast<Number>(answer) : 0;
  if (c.at < 0) file.position += stored;
  Number at = 0;
  for (const UserBuffer& buffer : memory_.buffers()) {
    for (Number k = 0; k < buffer.readable; ++k, ++at) {
      const std::byte wanted_byte = at < stored ? file.bytes[pos + at] : kPoison;
      if (buffer.data[k] != wanted_byte) {
        wrong_byte(
            at < stored ? pos + at : at, wanted_byte, buffer.data[k],
            at < stored ? "Each byte reads as it was written last, or as zero."
                        : "A read stores nothing behind its count.");
        return answer;
      }
    }
    at += buffer.size - buffer.readable;
  }
  if (!memory_.margins_intact()) {
    fail("A read stores nothing beside its buffers.", "IT-5", "poison", "other bytes");
  }
  return answer;
}

std::int64_t Run::fsync(Number number) {
  const int answer = subject_->fsync(number);
  if (answer != 0)
    fail("fsync succeeds on a sound device.", "fsync(2)", "0", std::to_string(answer));
  if (!failure_) check_device(number);
  return answer;
}

std::int64_t Run::truncate(Number number, Number length) {
  const int answer = subject_->truncate(number, static_cast<std::int64_t>(length));
  if (answer != 0) fail("A truncate succeeds.", "ftruncate(2)", "0", std::to_string(answer));
  shadow(number).bytes.resize(length);
  return answer;
}

void Run::wrong_byte(Number pos, std::byte wanted, std::byte got, const char* says) {
  const bool poison = got == kPoison;
  fail(
      poison ? "What nobody wrote is never readable." : says, poison ? "O3" : "O2, WB-2, WB-3",
      fmt::format("{:#04x} at byte {}", static_cast<unsigned>(wanted), pos),
      fmt::format("{:#04x}{}", static_cast<unsigned>(got), poison ? " (poison)" : ""));
}

std::vector<std::byte> Run::read_back(Number number, Number pos, Number length) {
  std::vector<std::byte> bytes(length);
  const iovec whole{bytes.data(), bytes.size()};
  const std::int64_t got =
      length == 0 ? 0 : subject_->read(number, {&whole, 1}, static_cast<std::int64_t>(pos));
  if (got != static_cast<std::int64_t>(length)) {
    fail(
        "What lies below the size can be read.", "read(2)", std::to_string(length),
        std::to_string(got));
  }
  return bytes;
}

void Run::check_contents(Number number, Number pos, Number length) {
  const Shadow& file = shadow(number);
  const std::vector<std::byte> got = read_back(number, pos, length);
  const std::span wanted(file.bytes.data() + pos, length);
  if (const Number at = first_difference(got, wanted); at < length) {
    wrong_byte(
        pos + at, wanted[at], got[at], "Each byte reads as it was written last, or as zero.");
  }
}

void Run::look_back(
    Number number, const FileView& before, Number pos, Number accepted, Number seed) {
  if (failure_) return;
  const Number size = static_cast<Number>(subject_->size(number));
  const Number end = std::min(size, before.end());
  const Number start = std::min(before.start(), end);
  const std::vector<std::byte> bytes = read_back(number, start, end - start);
  if (failure_) return;
  if (const auto broken = judge_contents(before, bytes, start, pos, accepted, seed, size)) {
    fail(broken->says, broken->source, broken->expected, broken->actual);
  }
}

}  // namespace quire::props
