#include "props/handles/handle_run.h"

#include "impl/device/guarded_device.h"
#include "props/handles/expected_refusal.h"
#include "props/handles/odd_devices.h"
#include "props/memory/pattern.h"
#include "props/memory/poison_resource.h"

#include <quire/quire.h>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <stdexcept>

namespace quire::props {
namespace {

constexpr auto kSays = "A handle does what its call is documented to do, or fails as documented.";
constexpr auto kMovedFrom = "a call on a handle that was moved from";
constexpr auto kClosed = "a call on a closed handle";
constexpr auto kSelfMove = "a handle moved onto itself";
constexpr auto kOutlives = "a file that outlives its volume";
constexpr auto kChild = "a child with a volume and an open handle";
constexpr auto kDropped = "a clean file that leaves the cache";
constexpr auto kMapped = "a block that is on the device";
constexpr auto kThrows = "a device that throws when it is opened";
constexpr auto kOutside = "an answer that no device may give";
constexpr std::array kHandleClasses{kMovedFrom, kClosed, kSelfMove, kOutlives,  kChild, kDropped,
                                    kMapped,    kThrows, kBadBlock, kBadSector, kSmall, kOutside};

class HandleRunner {
 public:
  HandleRunner(const HandleCase& checked, ClassCounts& classes)
      : case_(checked), classes_(classes) {}

  std::optional<Failure> run() {
    if (auto failure = judge_guard()) return failure;
    if (auto failure = open_volume()) return failure;
    if (!volume_) return std::nullopt;
    for (const HandleCommand& c : case_.commands) {
      ++command_;
      if (auto failure = play(c)) return failure;
    }
    for (auto& handle : handles_) handle.reset();
    volume_.reset();
    if (!destroyed_)
      return fails("the device is destroyed with the last of its files", "it is not");
    return std::nullopt;
  }

 private:
  /// What the account has of a handle.
  struct Known {
    bool gone = false;  ///< moved from
    bool closed = false;
    std::uint64_t file = 0;
    std::uint64_t position = 0;
  };

  Failure fails(const std::string& expected, const std::string& actual) const {
    return {kSays, "API-1", "impl", expected, actual, command_};
  }
  std::optional<Failure> equal(const char* what, std::int64_t wanted, std::int64_t got) const {
    if (wanted == got) return std::nullopt;
    return fails(fmt::format("{} answers {}", what, wanted), fmt::format("{}", got));
  }

  std::optional<Failure> judge_guard() {
    const auto& answers = case_.answers;
    const auto wanted = [&](std::size_t i, int unset) {
      const OddAnswer& a = answers[i];
      if (a.kind == OddAnswer::no_memory) return -ENOMEM;
      if (a.kind == OddAnswer::throws) return -EIO;
      if (a.kind == OddAnswer::sets_nothing) return unset;
      if (a.answer < -4095 || a.answer > 0) classes_.count(kOutside);
      return a.answer < -4095 || a.answer > 0 ? -EIO : a.answer;
    };
    impl::GuardedDevice guarded(std::make_shared<AnsweringDevice>(answers));
    const std::array<DeviceRun, 3> runs{};
    if (auto f = equal("read", wanted(0, 0), guarded.read(std::span(runs).first(1)))) return f;
    if (auto f = equal("flush", wanted(0, 0), guarded.flush())) return f;
    if (guarded.stable_writes() != (answers.size() % 2 == 1))
      return fails("stable_writes() is the device's", "it is not");
    std::array<int, 3> results{77, -77, 0};
    guarded.write(runs, results);
    const auto threw = std::ranges::find_if(answers, [](const OddAnswer& a) {
      return a.kind == OddAnswer::no_memory || a.kind == OddAnswer::throws;
    });
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto by =
          threw == answers.end() ? i : static_cast<std::size_t>(threw - answers.begin());
      if (auto f = equal("the write of a run", wanted(by, -EIO), results[i])) return f;
    }
    return std::nullopt;
  }

  std::optional<Failure> open_volume() {
    VolumeOptions options{.block_size = case_.block_size};
    if (case_.own_memory) options.memory = &memory_;
    std::shared_ptr<OddDevice> device;
    if (case_.odd != OddOpening::no_device)
      device = std::make_shared<OddDevice>(case_, &destroyed_);
    device_ = device.get();
    auto opened = Volume::open(std::move(device), options);
    const ExpectedRefusal wanted = expected_refusal(case_);
    if (wanted.met != nullptr) classes_.count(wanted.met);
    if (case_.odd != OddOpening::none && wanted.code != EINVAL) classes_.count(kThrows);
    const int code = opened ? 0 : opened.error().code;
    const std::string text = opened ? "" : opened.error().what;
    if (code != wanted.code || text != wanted.text) {
      return fails(
          fmt::format("error {} \"{}\"", wanted.code, wanted.text),
          fmt::format("error {} \"{}\"", code, text));
    }
    if (opened) volume_.emplace(std::move(*opened));
    return volume_ ? judge_counts() : std::nullopt;
  }

  std::optional<Failure> judge_counts() const {
    const std::uint64_t blocks = case_.device_bytes / case_.block_size;
    if (volume_->block_size() != case_.block_size || volume_->blocks() != blocks)
      return fails(
          fmt::format("{} blocks of {}", blocks, case_.block_size),
          fmt::format("{} blocks of {}", volume_->blocks(), volume_->block_size()));
    const std::uint64_t free = volume_->free_blocks() + volume_->reserved_blocks();
    if (free > blocks || (bytes_.empty() && volume_->free_blocks() != blocks))
      return fails("free blocks, all of them at first", fmt::format("{}", volume_->free_blocks()));
    const bool clean = std::ranges::none_of(dirty_, [](const auto& d) { return d.second; });
    if (clean && volume_->reserved_blocks() > 0)
      return fails("nothing is reserved where nothing is dirty", "blocks are");
    return std::nullopt;
  }

  /// 0, or the error of a call on the handle. Requires that it exists.
  int refusal(const Known& known) {
    if (known.gone) classes_.count(kMovedFrom);
    if (known.closed) classes_.count(kClosed);
    return known.gone || known.closed ? -EBADF : 0;
  }

  std::optional<Failure> play(const HandleCommand& c) {
    if (c.action == HandleAction::open) return open(c);
    if (c.action == HandleAction::move_volume) return move_volume();
    if (c.action == HandleAction::destroy_volume) {
      volume_.reset();
      return std::nullopt;
    }
    if (c.action == HandleAction::fork) return fork();
    if (!handles_[c.handle]) return std::nullopt;
    File& file = *handles_[c.handle];
    Known& known = known_[c.handle];
    if (c.action == HandleAction::move) return move(c);
    if (!volume_ && !known.gone) classes_.count(kOutlives);
    std::optional<Failure> failure;
    switch (c.action) {
      case HandleAction::close: {
        const int wanted = refusal(known);
        failure = equal("close", wanted, file.close());
        known.closed = !known.gone;
        break;
      }
      case HandleAction::write: failure = write(c, file, known); break;
      case HandleAction::read: failure = read(c, file, known); break;
      case HandleAction::fsync: failure = fsync(file, known); break;
      case HandleAction::truncate: failure = truncate(c, file, known); break;
      case HandleAction::ask: failure = ask(file, known); break;
      case HandleAction::drop_cache: failure = drop_cache(file, known); break;
      default: break;
    }
    if (!failure && volume_) failure = judge_counts();
    return failure;
  }

  std::optional<Failure> open(const HandleCommand& c) {
    if (!volume_) return std::nullopt;
    auto file = volume_->file(c.file);
    if (!file) return fails("a handle", file.error().what);
    if (handles_[c.handle])
      *handles_[c.handle] = std::move(*file);
    else
      handles_[c.handle].emplace(std::move(*file));
    known_[c.handle] = {.file = c.file};
    bytes_[c.file];
    return std::nullopt;
  }

  std::optional<Failure> move(const HandleCommand& c) {
    File& from = *handles_[c.handle];
    if (c.handle == c.other) {
      classes_.count(kSelfMove);
      File& same = from;
      from = std::move(same);
      return std::nullopt;
    }
    if (handles_[c.other])
      *handles_[c.other] = std::move(from);
    else
      handles_[c.other].emplace(std::move(from));
    known_[c.other] = std::exchange(known_[c.handle], {.gone = true});
    return std::nullopt;
  }

  std::optional<Failure> write(const HandleCommand& c, File& file, Known& known) {
    std::vector<std::byte> from(c.length);
    fill_pattern(from, ++writes_, 0);
    const iovec iov{from.data(), from.size()};
    std::int64_t wanted = refusal(known);
    if (c.at < -1) wanted = -EINVAL;
    const ssize_t got = file.pwritev2(&iov, 1, c.at, 0);
    if (wanted == 0) {
      std::vector<std::byte>& bytes = bytes_[known.file];
      const std::uint64_t pos = c.at < 0 ? known.position : static_cast<std::uint64_t>(c.at);
      // Where space runs out the count is short, which lockstep looks into.
      if (got == -ENOSPC || (got > 0 && static_cast<std::uint64_t>(got) < c.length)) {
        wanted = got;
      } else {
        wanted = static_cast<std::int64_t>(c.length);
      }
      if (got > 0) {
        const auto n = static_cast<std::size_t>(got);
        bytes.resize(std::max<std::size_t>(bytes.size(), pos + n));
        std::memcpy(bytes.data() + pos, from.data(), std::min(n, from.size()));
        dirty_[known.file] = true;
        if (c.at < 0) known.position += n;
        if (case_.own_memory && memory_.in_use() == 0)
          return fails("folios from the memory of VolumeOptions", "from elsewhere");
      }
    }
    return equal("write", wanted, got);
  }

  std::optional<Failure> read(const HandleCommand& c, File& file, Known& known) {
    std::vector<std::byte> to(c.length, std::byte{1});
    const iovec iov{to.data(), to.size()};
    std::int64_t wanted = refusal(known);
    if (c.at < -1) wanted = -EINVAL;
    const ssize_t got = file.preadv2(&iov, 1, c.at, 0);
    if (wanted != 0) return equal("read", wanted, got);
    const std::vector<std::byte>& bytes = bytes_[known.file];
    const std::uint64_t pos = c.at < 0 ? known.position : static_cast<std::uint64_t>(c.at);
    const std::uint64_t n = pos < bytes.size() ? std::min(c.length, bytes.size() - pos) : 0;
    if (auto f = equal("read", static_cast<std::int64_t>(n), got)) return f;
    if (n > 0 && std::memcmp(to.data(), bytes.data() + pos, n) != 0)
      return fails("the bytes of the file", "others");
    if (c.at < 0) known.position += n;
    return std::nullopt;
  }

  std::optional<Failure> fsync(File& file, const Known& known) {
    const int wanted = refusal(known);
    if (auto f = equal("fsync", wanted, file.fsync()); f || wanted != 0) return f;
    dirty_[known.file] = false;
    return judge_blocks(file, known);
  }

  /// After an fsync each block with a byte is on the device, where the file says.
  std::optional<Failure> judge_blocks(const File& file, const Known& known) {
    const std::vector<std::byte>& bytes = bytes_[known.file];
    std::vector<std::byte> block(case_.block_size);
    for (std::uint64_t pos = 0; pos < bytes.size(); pos += block.size()) {
      const std::uint64_t n = std::min<std::uint64_t>(block.size(), bytes.size() - pos);
      const std::span part(bytes.data() + pos, n);
      const auto at = file.device_block_of(pos / block.size());
      const bool is_hole = std::ranges::all_of(part, [](std::byte b) { return b == std::byte{0}; });
      if (!at && is_hole) continue;
      if (!at)
        return fails(fmt::format("block {} is on the device", pos / block.size()), "it is not");
      classes_.count(kMapped);
      device_->memory().peek(*at * block.size(), block);
      if (std::memcmp(block.data(), part.data(), n) != 0)
        return fails("the device block has the bytes of the file's", "others");
    }
    return std::nullopt;
  }

  std::optional<Failure> truncate(const HandleCommand& c, File& file, const Known& known) {
    int wanted = refusal(known);
    if (c.at < 0) wanted = -EINVAL;
    const int got = file.ftruncate(c.at);
    if (wanted == 0) {
      std::vector<std::byte>& bytes = bytes_[known.file];
      bytes.resize(static_cast<std::size_t>(c.at));
      dirty_[known.file] = true;  // the last block may be
    }
    return equal("truncate", wanted, got);
  }

  std::optional<Failure> ask(File& file, const Known& known) {
    const int wanted = refusal(known);
    if (wanted != 0) {
      if (auto f = equal("size", wanted, file.size())) return f;
      if (file.device_block_of(0)) return fails("no block", "a block");
      return equal("position", wanted, file.position());
    }
    if (auto f = equal("size", static_cast<std::int64_t>(bytes_[known.file].size()), file.size()))
      return f;
    return equal("position", static_cast<std::int64_t>(known.position), file.position());
  }

  std::optional<Failure> drop_cache(File& file, const Known& known) {
    const int wanted = refusal(known);
    if (auto f = equal("drop_cache", wanted, file.drop_cache()); f || wanted != 0) return f;
    std::vector<std::byte>& bytes = bytes_[known.file];
    if (dirty_[known.file] || bytes.empty() || !file.device_block_of(0)) return std::nullopt;
    classes_.count(kDropped);
    const std::uint64_t before = device_->memory().counts().reads;
    std::byte one{};
    const iovec iov{&one, 1};
    if (auto f = equal("read", 1, file.preadv2(&iov, 1, 0, 0))) return f;
    if (device_->memory().counts().reads == before)
      return fails("a clean file that was dropped is read from the device", "it is not");
    return one == bytes[0] ? std::nullopt : std::optional(fails("its first byte", "another"));
  }

  std::optional<Failure> move_volume() {
    if (!volume_) return std::nullopt;
    Volume other(std::move(*volume_));
    const auto refused = volume_->file(0);
    if (refused || refused.error().code != EBADF ||
        refused.error().what != "volume: it was moved from")
      return fails("EBADF, volume: it was moved from", refused ? "a file" : refused.error().what);
    if (volume_->block_size() + volume_->blocks() + volume_->free_blocks() +
            volume_->reserved_blocks() !=
        0)
      return fails("no block in a volume that was moved from", "some");
    *volume_ = std::move(other);
    Volume& same = *volume_;
    *volume_ = std::move(same);
    return volume_->block_size() == case_.block_size
               ? std::nullopt
               : std::optional(fails("the volume is back", "it is not"));
  }

  std::optional<Failure> fork() {
    const bool has_open = std::ranges::any_of(known_, [this](const Known& k) {
      return !k.gone && handles_[static_cast<std::size_t>(&k - known_.data())];
    });
    if (destroyed_) return std::nullopt;
    if (volume_ && has_open) classes_.count(kChild);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(try_in_child());
    int status = 0;
    if (child > 0) ::waitpid(child, &status, 0);
    if (child > 0 && status == 0) return std::nullopt;
    return fails(
        "a child's calls fail with ESTALE, and leave the device alone",
        WIFEXITED(status) ? fmt::format("check {} fails", WEXITSTATUS(status))
                          : fmt::format("its status is {:#x}", status));
  }

  /// 0, or the number of what is wrong.
  int try_in_child() {
    const std::uint64_t calls = device_->calls;
    std::byte one{};
    const iovec iov{&one, 1};
    for (std::size_t i = 0; i < handles_.size(); ++i) {
      if (!handles_[i] || known_[i].gone) continue;
      File& file = *handles_[i];
      const int wanted = known_[i].closed ? -EBADF : -ESTALE;
      if (file.pwritev2(&iov, 1, 0, 0) != wanted || file.preadv2(&iov, 1, 0, 0) != wanted) return 1;
      if (file.fsync() != wanted || file.ftruncate(0) != wanted) return 2;
      if (file.size() != wanted || file.position() != wanted) return 3;
      if (file.drop_cache() != wanted || file.device_block_of(0)) return 4;
      if (file.close() != wanted) return 5;
    }
    if (volume_) {
      const auto refused = volume_->file(0);
      if (refused || refused.error().code != ESTALE ||
          refused.error().what != "volume: a process that this one was forked from opened it")
        return 6;
      if (volume_->free_blocks() != 0 || volume_->reserved_blocks() != 0) return 7;
      if (volume_->block_size() != case_.block_size) return 8;
    }
    for (auto& handle : handles_) handle.reset();
    volume_.reset();
    if (destroyed_) return 9;
    return device_->calls == calls ? 0 : 10;
  }

  const HandleCase& case_;
  ClassCounts& classes_;
  PoisonResource memory_;
  bool destroyed_ = false;
  OddDevice* device_ = nullptr;
  std::optional<Volume> volume_;
  std::array<std::optional<File>, 3> handles_;
  std::array<Known, 3> known_;
  std::map<std::uint64_t, std::vector<std::byte>> bytes_;  // by number of the file
  std::map<std::uint64_t, bool> dirty_;
  std::uint64_t writes_ = 0;
  std::size_t command_ = 0;
};

}  // namespace

ClassCounts handle_classes() { return ClassCounts(kHandleClasses); }

std::optional<Failure> run_handle_case(const HandleCase& checked, ClassCounts& classes) {
  return HandleRunner(checked, classes).run();
}

}  // namespace quire::props
