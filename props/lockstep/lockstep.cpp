#include "props/lockstep/lockstep.h"

#include "props/judge/judge.h"
#include "props/lockstep/shadow.h"
#include "props/memory/pattern.h"
#include "spec/geometry.h"
#include "spec/peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <span>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// Bytes of a command's memory before the first that faults.
Number good_bytes(const Command& command) {
  Number n = 0;
  for (const BufferShape& shape : command.memory) {
    const bool faults = shape.kind != BufferKind::plain && shape.kind != BufferKind::supplied_late;
    if (faults && shape.readable < shape.size) return n + shape.readable;
    n += shape.size;
  }
  return n;
}

/// What a read or write answers that meets no other limit than the memory: a count or -EFAULT.
std::int64_t answer_for(Number bytes, Number good) {
  if (bytes <= good) return static_cast<std::int64_t>(bytes);
  return good != 0 ? static_cast<std::int64_t>(good) : -EFAULT;
}

/// One subject in one case: its files as the model has them, and the judge of its steps.
class Run {
 public:
  Run(Bed& bed, const Case& checked, UserMemory& memory, std::string name, Coverage* coverage)
      : setting_(checked.setting),
        judge_(std::move(name), coverage),
        memory_(memory),
        subject_(bed.make(checked.setting, judge_)),
        allowed_(spec::allowance_of(subject_ == nullptr ? "" : subject_->name())) {
    if (subject_ == nullptr) throw std::runtime_error("the device failed while it was poisoned");
  }

  /// Runs command number i. The result is its answer.
  std::int64_t step(std::size_t i, const Command& c) {
    command_ = i;
    switch (c.action) {
      case Action::write: return write(i, c);
      case Action::read: return read(c);
      case Action::fsync: return fsync(c.file);
      case Action::truncate: return truncate(c.file, c.length);
      case Action::drop_cache: subject_->drop_cache(c.file); return 0;
      case Action::reopen: shadow(c.file).position = 0; return subject_->reopen(c.file);
    }
    return 0;
  }

  /// The whole case is over: every byte, and every block.
  void finish(std::size_t commands) {
    command_ = commands == 0 ? 0 : commands - 1;
    for (auto& [number, file] : shadows_) {
      check_contents(number, 0, file.bytes.size());
      fsync(number);
    }
    if (subject_->is_peer()) return;
    expect(
        "Once everything is written back no block is reserved.", "DA-1", 0,
        subject_->reserved_blocks());
    for (auto& [number, file] : shadows_) truncate(number, 0);
    expect(
        "When every file is empty every block is free again.", "ACC-1", setting_.blocks,
        subject_->free_blocks());
  }

  std::optional<Failure> failure() {
    if (!failure_ && judge_.failure()) {
      failure_ = judge_.failure();
      failure_->command = command_;
    }
    return failure_;
  }

  std::int64_t position(Number file) { return subject_->position(file); }
  std::int64_t size(Number file) { return subject_->size(file); }
  Number free_blocks() { return subject_->free_blocks(); }
  const std::string& name() { return subject_->name(); }
  bool is_peer() const { return subject_->is_peer(); }
  /// Whether a peer has done what it may and ref does not: from there on each goes its own way, and
  /// the peer is held to its own model.
  bool apart() const { return apart_; }

  /// The position and the size are those of the model.
  void check_handle(Number number) {
    const Shadow& file = shadow(number);
    expect(
        "The position is where the calls have moved it.", "GPW-2", file.position,
        static_cast<Number>(subject_->position(number)));
    expect(
        "The size is where the last write or truncate has put it.", "WB-6", file.bytes.size(),
        static_cast<Number>(subject_->size(number)));
  }

  void fail(std::string says, std::string source, std::string expected, std::string actual) {
    if (failure_ || judge_.failure()) return;
    failure_ = Failure{std::move(says),     std::move(source), subject_->name(),
                       std::move(expected), std::move(actual), command_};
  }

 private:
  Shadow& shadow(Number file) { return shadows_[file]; }

  void expect(const char* says, const char* source, Number wanted, Number got) {
    if (wanted != got) fail(says, source, std::to_string(wanted), std::to_string(got));
  }

  std::int64_t write(std::size_t i, const Command& c) {
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
    const std::int64_t answer = subject_->write(c.file, memory_.segments(), c.at);

    const std::int64_t wanted = answer_for(bytes, good_bytes(c));
    if (answer != wanted && !ran_out(answer, wanted) && !stopped_early(answer, wanted)) {
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
    const bool adopted = accepted < bytes && adopts(c.file, pos, accepted, bytes);
    if (c.look_back && !adopted) look_back(c.file, before, pos, accepted, i + 1);
    return answer;
  }

  /// Whether a peer may have stopped before the first byte that cannot be read.
  bool stopped_early(std::int64_t answer, std::int64_t wanted) {
    if (!allowed_.stops_early || (answer != -EFAULT && (answer <= 0 || wanted < answer)))
      return false;
    apart_ = true;
    return true;
  }

  /// After a write of `bytes` at `pos` of which `accepted` counted: takes over from a peer what it
  /// may show otherwise than the model. Whether there was any.
  bool adopts(Number number, Number pos, Number accepted, Number bytes) {
    Shadow& file = shadow(number);
    bool adopted = false;
    const Number old_size = file.bytes.size();
    const Number size = static_cast<Number>(subject_->size(number));
    if (allowed_.failed_write_grows && accepted == 0 && old_size < size && size <= pos) {
      file.bytes.resize(size);
      adopted = true;
    }
    const Number from = pos + accepted;
    const Number end = std::min(pos + bytes, file.bytes.size());
    if (allowed_.shows_old_memory && from < end) {
      // Neither clean nor dirty, it may change again: it is written over.
      const iovec whole{file.bytes.data() + from, end - from};
      subject_->write(number, {&whole, 1}, static_cast<std::int64_t>(from));
    }
    apart_ = apart_ || adopted;
    return adopted;
  }

  /// Whether the volume's end explains an answer other than the one wanted: fewer blocks are free
  /// than a page can need. Which of ENOSPC and EFAULT is told where both apply is left open: the
  /// loop of ref looks for space first, that of impl for memory (step 4 of GPW against step 3
  /// of 3.2).
  bool ran_out(std::int64_t answer, std::int64_t wanted) {
    if (subject_->is_peer() || subject_->free_blocks() >= spec::kPageSize / setting_.block_size)
      return false;
    return answer == -ENOSPC || (answer > 0 && answer < wanted);
  }

  std::int64_t read(const Command& c) {
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

  std::int64_t fsync(Number number) {
    const int answer = subject_->fsync(number);
    if (answer != 0)
      fail("fsync succeeds on a sound device.", "fsync(2)", "0", std::to_string(answer));
    if (!failure_) check_device(number);
    return answer;
  }

  std::int64_t truncate(Number number, Number length) {
    const int answer = subject_->truncate(number, static_cast<std::int64_t>(length));
    if (answer != 0) fail("A truncate succeeds.", "ftruncate(2)", "0", std::to_string(answer));
    shadow(number).bytes.resize(length);
    return answer;
  }

  void wrong_byte(Number pos, std::byte wanted, std::byte got, const char* says) {
    const bool poison = got == kPoison;
    fail(
        poison ? "What nobody wrote is never readable." : says, poison ? "O3" : "O2, WB-2, WB-3",
        fmt::format("{:#04x} at byte {}", static_cast<unsigned>(wanted), pos),
        fmt::format("{:#04x}{}", static_cast<unsigned>(got), poison ? " (poison)" : ""));
  }

  /// Reads bytes [pos, pos + length) of a file through the cache.
  std::vector<std::byte> read_back(Number number, Number pos, Number length) {
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

  void check_contents(Number number, Number pos, Number length) {
    const Shadow& file = shadow(number);
    const std::vector<std::byte> got = read_back(number, pos, length);
    const auto [at, wanted] = std::mismatch(
        got.begin(), got.end(), file.bytes.begin() + static_cast<std::ptrdiff_t>(pos));
    if (at != got.end()) {
      wrong_byte(
          pos + static_cast<Number>(at - got.begin()), *wanted, *at,
          "Each byte reads as it was written last, or as zero.");
    }
  }

  /// Judges the write by the contents clauses at every byte of its neighbourhood.
  void look_back(Number number, const FileView& before, Number pos, Number accepted, Number seed) {
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

  /// Every byte of the file, as it lies on the device.
  void check_device(Number number) {
    if (subject_->is_peer()) return;
    const Shadow& file = shadow(number);
    const Number bs = setting_.block_size;
    const Number blocks = (file.bytes.size() + bs - 1) / bs;
    std::vector<std::byte> run;
    for (Number b = 0; b < blocks && !failure_;) {
      const auto place = subject_->map(number, b);
      Number end = b + 1;
      while (end < blocks && place && subject_->map(number, end) == *place + (end - b)) ++end;
      const Number length = std::min((end - b) * bs, file.bytes.size() - b * bs);
      const std::byte* wanted = file.bytes.data() + b * bs;
      run.assign((end - b) * bs, std::byte{0});
      if (place) {
        if (const int error = subject_->read_device(*place * bs, run); error != 0) {
          throw std::runtime_error(
              fmt::format("the device cannot be read: {}", std::strerror(-error)));
        }
      }
      for (Number k = 0; k < run.size(); ++k) {
        const std::byte should = k < length ? wanted[k] : std::byte{0};
        if (run[k] == should) continue;
        wrong_byte(
            b * bs + k, should, run[k],
            "After fsync each byte lies on the device, and zeroes behind the end.");
        break;
      }
      b = end;
    }
  }

  const Setting& setting_;
  Judge judge_;
  UserMemory& memory_;
  std::unique_ptr<Subject> subject_;
  spec::PeerAllowance allowed_;
  bool apart_ = false;
  std::map<Number, Shadow> shadows_;
  std::optional<Failure> failure_;
  std::size_t command_ = 0;
};

/// Compares a subject with the first one, after the same command.
void compare(Run& first, Run& other, Number file, std::int64_t wanted, std::int64_t got) {
  const auto same = [&](const char* what, std::int64_t a, std::int64_t b) {
    if (a == b) return;
    other.fail(
        fmt::format("{} and {} agree on {}.", first.name(), other.name(), what), "lockstep",
        std::to_string(a), std::to_string(b));
  };
  if (other.apart()) return other.check_handle(file);
  const bool either_errno =
      (wanted == -ENOSPC && got == -EFAULT) || (wanted == -EFAULT && got == -ENOSPC);
  if (!either_errno) same("the result", wanted, got);
  same("the file position", first.position(file), other.position(file));
  same("the size", first.size(file), other.size(file));
  if (other.is_peer()) return other.check_handle(file);
  same(
      "the free blocks", static_cast<std::int64_t>(first.free_blocks()),
      static_cast<std::int64_t>(other.free_blocks()));
}

}  // namespace

Lockstep::Lockstep(std::vector<Bed*> beds, Coverage* coverage)
    : beds_(std::move(beds)), coverage_(coverage) {
  for (std::size_t s = 0; s < beds_.size(); ++s)
    memories_.push_back(std::make_unique<UserMemory>());
}

std::optional<Failure> Lockstep::run(const Case& checked) {
  std::vector<std::unique_ptr<Run>> runs;
  for (std::size_t s = 0; s < beds_.size(); ++s) {
    // Only the last bed's folios are counted: impl's, where both run.
    Coverage* const coverage = s + 1 == beds_.size() ? coverage_ : nullptr;
    runs.push_back(std::make_unique<Run>(
        *beds_[s], checked, *memories_[s], beds_[s]->subject_name(), coverage));
  }
  const auto failure = [&]() -> std::optional<Failure> {
    for (auto& run : runs) {
      if (auto found = run->failure()) return found;
    }
    return std::nullopt;
  };

  for (std::size_t i = 0; i < checked.commands.size(); ++i) {
    const Command& c = checked.commands[i];
    ++commands_;
    if (coverage_ != nullptr && c.action == Action::write && c.at >= 0) {
      coverage_->count_write(static_cast<Number>(c.at), total_bytes(c), checked.setting.block_size);
    }
    const std::int64_t wanted = runs[0]->step(i, c);
    for (std::size_t s = 1; s < runs.size(); ++s) {
      const std::int64_t got = runs[s]->step(i, c);
      compare(*runs[0], *runs[s], c.file, wanted, got);
    }
    if (auto found = failure()) return found;
  }
  for (auto& run : runs) run->finish(checked.commands.size());
  return failure();
}

}  // namespace quire::props
