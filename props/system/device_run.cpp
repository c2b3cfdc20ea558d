#include "props/system/device_run.h"

#include "props/memory/poison.h"
#include "props/system/any_device.h"
#include "props/system/device_calls.h"
#include "props/system/expected_open.h"
#include "props/system/futex_watch.h"
#include "props/system/ref_block_sizes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <list>
#include <memory>
#include <thread>

namespace quire::props {
namespace {

constexpr std::array<const char*, 2> kPaths{"/machine/disk", "/machine/other-name"};
constexpr std::uint64_t kSecond = 1'000'000'000;  // in ns
constexpr auto kSays =
    "A device answers as the system calls under it do, and moves each byte of a run that succeeds.";

const std::vector<std::string>& all_classes() {
  static const std::vector<std::string> kAll{
      "opened: a block device",
      "opened: a file, direct",
      "opened: a file, not direct",
      "opened: ref's",
      "refused: EACCES and others",
      "refused: EBUSY, this program has it open",
      "refused: EBUSY, a block device",
      "refused: EBUSY, a locked file",
      "refused: EINVAL, no device",
      "refused: EINVAL, empty",
      "refused: EINVAL, its sectors",
      "refused: EROFS",
      "refused: EAGAIN, the path changes",
      "opened after the path changed",
      "opened after children let go",
      "a read through rings",
      "a write through rings",
      "a flush through rings",
      "a read by system calls",
      "a write by system calls",
      "a flush by system calls",
      "a ring fails in a call",
      "an error of a flush comes once its ring has failed",
      "a call goes on after EINTR or EAGAIN",
      "a short transfer that goes on",
      "a call with an error",
      "a call with a bad run",
      "more runs than a ring has entries",
      "more segments than a system call takes",
      "calls of several threads at once",
      "a call that waits for a ring",
      "a forked child",
      "a child that no handler runs in",
  };
  return kAll;
}

/// By the error of an opening.
void count_refusal(ClassCounts& classes, int code, const std::string& text) {
  const auto says = [&](const char* part) { return text.find(part) != std::string::npos; };
  classes.count(
      code == EBUSY && says("this program itself")   ? "refused: EBUSY, this program has it open"
      : code == EBUSY && says("holds a lock")        ? "refused: EBUSY, a locked file"
      : code == EBUSY                                ? "refused: EBUSY, a block device"
      : code == EROFS                                ? "refused: EROFS"
      : code == EAGAIN                               ? "refused: EAGAIN, the path changes"
      : code == EINVAL && says("neither")            ? "refused: EINVAL, no device"
      : code == EINVAL && says("empty")              ? "refused: EINVAL, empty"
      : code == EINVAL && says("not a power of two") ? "refused: EINVAL, its sectors"
                                                     : "refused: EACCES and others");
}

class DeviceRunner {
 public:
  DeviceRunner(const DeviceCase& checked, ClassCounts& classes)
      : case_(checked), classes_(classes), machine_(checked.machine) {}

  std::optional<Failure> run() {
    command_ = 0;
    if (auto failure = open(0, 0)) return failure;
    for (const DeviceCommand& c : case_.commands) {
      ++command_;
      if (auto failure = play(c)) return failure;
      if (!machine_.complaint().empty()) return fails("no such call", machine_.complaint());
    }
    ++command_;
    for (Handle& handle : handles_) {
      if (auto failure = close(handle)) return failure;
    }
    if (machine_.open_descriptors() != 0 || machine_.rings() != 0)
      return fails(
          "all is closed in the end",
          fmt::format(
              "{} descriptors and {} rings", machine_.open_descriptors(), machine_.rings()));
    if (!machine_.complaint().empty()) return fails("no such call", machine_.complaint());
    return std::nullopt;
  }

 private:
  struct Handle {
    std::unique_ptr<AnyDevice> device;
    std::string path;
  };

  bool is_ref() const { return case_.subject == DeviceSubject::ref; }
  const Node& node() const { return case_.machine.node; }

  Failure fails(const std::string& expected, const std::string& actual) const {
    return {kSays, "DEV-1", is_ref() ? "ref" : "impl", expected, actual, command_};
  }

  std::optional<Failure> play(const DeviceCommand& c) {
    Handle& handle = handles_.at(c.handle);
    switch (c.action) {
      case DeviceAction::open: return open(c.handle, c.path);
      case DeviceAction::close: return close(handle);
      case DeviceAction::fork:
      case DeviceAction::clone: return is_ref() ? std::nullopt : fork(c);
      default: return handle.device == nullptr ? std::nullopt : call(c, *handle.device);
    }
  }

  std::optional<Failure> open(std::size_t number, std::size_t path_number) {
    Handle& handle = handles_.at(number);
    if (auto failure = close(handle)) return failure;
    const std::string path = kPaths.at(path_number);
    std::optional<std::string> claimed_as;
    for (const Handle& other : handles_) {
      if (!is_ref() && other.device != nullptr) claimed_as = other.path;
    }
    return open_as(handle, path, claimed_as);
  }

  std::optional<Failure> open_as(
      Handle& handle, const std::string& path, const std::optional<std::string>& claimed_as) {
    const std::size_t descriptors = machine_.open_descriptors(), rings = machine_.rings();
    const std::uint64_t slept = machine_.slept();
    machine_.forget_log();
    OpenedDevice got = open_any(case_.subject, path);
    const ExpectedOpen wanted =
        is_ref() ? expected_ref_open(node(), machine_.log(), path)
                 : expected_open(node(), machine_.log(), path, claimed_as, was_open_);
    const std::string actual =
        got.device != nullptr ? "it is open" : fmt::format("error {}: {}", got.code, got.text);
    if (wanted.code != 0) {
      count_refusal(classes_, wanted.code, wanted.text);
      if (got.device != nullptr || got.text != wanted.text ||
          (!is_ref() && got.code != wanted.code))
        return fails(fmt::format("error {}: {}", wanted.code, wanted.text), actual);
      if (machine_.open_descriptors() != descriptors || machine_.rings() != rings)
        return fails("nothing stays open after an error", "a descriptor or a ring does");
    } else if (got.device == nullptr) {
      return fails("it is opened", actual);
    }
    const std::uint64_t waited = machine_.slept() - slept;
    if (waited > kSecond) return fails("it waits a second at most", fmt::format("{} ns", waited));
    if (!wanted.waited && waited > 0)
      return fails("it does not wait", fmt::format("{} ns", waited));
    if (wanted.waited && wanted.code == EBUSY && waited < kSecond / 2)
      return fails("it waits for children", fmt::format("{} ns", waited));
    if (wanted.code != 0) return std::nullopt;
    if (auto failure = judge_opened(wanted, *got.device, got.name, path)) return failure;
    handle = {std::move(got.device), path};
    if (wanted.waited) classes_.count("opened after children let go");
    if (!is_ref() && node().swaps > 0) classes_.count("opened after the path changed");
    return std::nullopt;
  }

  std::optional<Failure> judge_opened(
      const ExpectedOpen& wanted, const AnyDevice& device, const std::string& name,
      const std::string& path) {
    if (device.size() != wanted.size || device.sector_size() != wanted.sector_size || name != path)
      return fails(
          fmt::format("{} bytes, sectors of {}, {}", wanted.size, wanted.sector_size, path),
          fmt::format("{} bytes, sectors of {}, {}", device.size(), device.sector_size(), name));
    const FakeMachine::Open open = machine_.open_files().back();
    if ((open.flags & O_ACCMODE) != O_RDWR || (open.flags & O_CLOEXEC) == 0)
      return fails("opened for reading and writing, and closed by execve", "not so");
    if (is_ref()) {
      classes_.count("opened: ref's");
      const auto wrong = wrong_block_size(device.size(), device.sector_size());
      return wrong ? std::optional(fails(wrong->first, wrong->second)) : std::nullopt;
    }
    const bool block = node().kind == NodeKind::block;
    if (open.exclusive != block || open.locked == block)
      return fails("a block device is opened exclusively, a file is locked", "not so");
    if (((open.flags & O_DIRECT) != 0) != wanted.direct)
      return fails(wanted.direct ? "direct I/O" : "ordinary I/O", "the other");
    const bool struck = std::ranges::any_of(case_.machine.strikes, [](const CallStrike& s) {
      return s.call == SystemCall::ring_init || s.call == SystemCall::ring_dontfork;
    });
    const bool needs_rings = case_.subject == DeviceSubject::best && case_.machine.rings > 0;
    if (needs_rings && !struck && machine_.rings() == 0)
      return fails("through io_uring where the machine has that", "no ring is made");
    if (!struck && machine_.rings_kept_from_children() != machine_.rings())
      return fails("no child has the memory of a ring", "io_uring_ring_dontfork was not called");
    classes_.count(
        block           ? "opened: a block device"
        : wanted.direct ? "opened: a file, direct"
                        : "opened: a file, not direct");
    return std::nullopt;
  }

  std::optional<Failure> close(Handle& handle) {
    if (handle.device == nullptr) return std::nullopt;
    machine_.forget_log();
    handle.device.reset();
    was_open_ = true;
    if (is_ref() || node().kind != NodeKind::regular) return std::nullopt;
    // A child that is not made by fork(2) may share the open file.
    const auto& log = machine_.log();
    const auto unlock = std::ranges::find_if(
        log, [](const Answered& a) { return a.call == SystemCall::flock && a.flags == LOCK_UN; });
    const bool closed = unlock != log.end() && std::any_of(unlock, log.end(), [&](const auto& a) {
                          return a.call == SystemCall::close && a.fd == unlock->fd;
                        });
    return closed ? std::nullopt : std::optional(fails("unlocked, then closed", "not so"));
  }

  std::optional<Failure> call(const DeviceCommand& c, AnyDevice& device) {
    if (device.sector_size() < 512) return std::nullopt;  // ref takes any
    std::list<DeviceCallRun> calls;
    std::vector<DeviceCallRun*> by_number;
    for (std::size_t n = 0; n <= c.threads; ++n) {
      calls.emplace_back(c, command_, n, device.size(), device.sector_size(), is_ref());
      by_number.push_back(&calls.back());
    }
    machine_.forget_log();
    std::thread late;
    FutexWatch watch;
    std::atomic<bool> done{false};
    const std::size_t rings =
        case_.subject == DeviceSubject::best ? machine_.rings_kept_from_children() : 0;
    const std::function<void(std::size_t)> play_from = [&](std::size_t n) {
      if (n < c.threads && n < rings)
        machine_.at_next_submission([&, n] {
          if (n + 1 < rings) {
            std::thread([&] { play_from(n + 1); }).join();
            return;
          }
          // All rings are taken: it sleeps until the first is given back.
          late = std::thread([&] {
            FutexWatch::watch_this_thread(&watch);
            play_from(n + 1);
            done = true;
          });
          while (!watch.sleeps() && !done) std::this_thread::yield();
        });
      by_number[n]->play(device, machine_);
    };
    play_from(0);
    if (late.joinable()) {
      late.join();
      classes_.count("a call that waits for a ring");
    }
    machine_.at_next_submission({});
    for (DeviceCallRun& one : calls) {
      if (!one.is_played()) continue;
      if (const auto wrong = one.judge(machine_, disk_))
        return fails("as the system calls", *wrong);
      if (&one == by_number[1 % by_number.size()] && c.threads > 0)
        classes_.count("calls of several threads at once");
      count(c, one);
    }
    const bool alone = !by_number.back()->is_played() || c.threads == 0;
    const bool flushed =
        c.action == DeviceAction::flush && calls.front().account().first_error == 0;
    if (flushed && alone && !machine_.is_flushed())
      return fails("after a flush all that was written is on the medium", "it is not");
    return std::nullopt;
  }

  void count(const DeviceCommand& c, const DeviceCallRun& one) {
    const DeviceCallAccount& account = one.account();
    const auto made = [&](SystemCall call) {
      return std::ranges::any_of(machine_.log(), [&](const Answered& a) { return a.call == call; });
    };
    const bool through_rings = made(SystemCall::submit);
    const std::string by = through_rings ? " through rings" : " by system calls";
    if (c.action == DeviceAction::flush) classes_.count("a flush" + by);
    if (c.action == DeviceAction::read && account.pieces > 0) classes_.count("a read" + by);
    if (c.action == DeviceAction::write && account.pieces > 0) classes_.count("a write" + by);
    if (account.ring_failed) classes_.count("a ring fails in a call");
    const auto syncs = std::ranges::count(machine_.log(), SystemCall::sync, &Answered::call);
    if (account.ring_failed && account.first_error != 0 && syncs == 2 && c.threads == 0)
      classes_.count("an error of a flush comes once its ring has failed");
    if (account.again > 0) classes_.count("a call goes on after EINTR or EAGAIN");
    if (account.cut > 0 && account.first_error == 0)
      classes_.count("a short transfer that goes on");
    if (account.first_error != 0) classes_.count("a call with an error");
    if (one.bad_runs() > 0) classes_.count("a call with a bad run");
    if (through_rings && account.pieces_wanted > 64)
      classes_.count("more runs than a ring has entries");
    const bool is_long = std::ranges::any_of(
        account.runs, [](const RunAccount& run) { return run.segments.size() > 1024; });
    if (is_long && !is_ref() && account.pieces > 0)
      classes_.count("more segments than a system call takes");
  }

  std::optional<Failure> fork(const DeviceCommand& c) {
    Handle& handle = handles_.at(c.handle);
    const bool with_handlers = c.action == DeviceAction::fork;
    classes_.count(with_handlers ? "a forked child" : "a child that no handler runs in");
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fails("a pipe", "none");
    machine_.begin_fork(true);
    const pid_t child = with_handlers ? ::fork() : ::_Fork();
    if (child == 0) {
      const std::string wrong = try_in_child(handle, with_handlers);
      if (!wrong.empty()) static_cast<void>(!::write(ends[1], wrong.data(), wrong.size()));
      ::_exit(0);
    }
    machine_.begin_fork(false);
    ::close(ends[1]);
    std::string wrong(2000, '\0');
    const ssize_t got = ::read(ends[0], wrong.data(), wrong.size());
    ::close(ends[0]);
    int status = 0;
    if (child > 0) ::waitpid(child, &status, 0);
    if (status != 0) return fails("the child ends", fmt::format("its status is {:#x}", status));
    if (got > 0)
      return fails(
          "a child leaves what its parent has", wrong.substr(0, static_cast<std::size_t>(got)));
    return std::nullopt;
  }

  /// In a child: empty, or what is wrong.
  std::string try_in_child(Handle& handle, bool with_handlers) {
    if (with_handlers && machine_.open_descriptors() != 0)
      return "the child keeps a descriptor of its parent";
    machine_.forget_log();
    for (Handle& one : handles_) {
      if (one.device == nullptr) continue;
      alignas(4096) static std::array<std::byte, 4096> memory;
      const iovec segment{memory.data(), memory.size()};
      const std::array<DeviceRun, 2> runs{
          DeviceRun{0, {&segment, 1}}, DeviceRun{4096, {&segment, 1}}};
      std::array<int, 2> results{77, 77};
      one.device->write(runs, results);
      const int read = one.device->read(runs), flushed = one.device->flush();
      if (results != std::array<int, 2>{-ESTALE, -ESTALE} || read != -ESTALE || flushed != -ESTALE)
        return fmt::format(
            "in the child: write {} and {}, read {}, flush {}, and not ESTALE", results[0],
            results[1], read, flushed);
      one.device.reset();
    }
    if (!machine_.log().empty())
      return fmt::format(
          "the child calls {} on its parent's device", name_of(machine_.log()[0].call));
    // It may open what it likes: its parent holds this one.
    if (const auto failure = open_as(handle, kPaths[0], std::nullopt))
      return fmt::format("in the child: {}; {}", failure->expected, failure->actual);
    return machine_.complaint();
  }

  const DeviceCase& case_;
  ClassCounts& classes_;
  FakeMachine machine_;
  SparseBytes disk_{kPoison};
  std::array<Handle, 2> handles_;
  bool was_open_ = false;  // this process has closed it again
  std::size_t command_ = 0;
};

}  // namespace

ClassCounts device_classes() { return ClassCounts(all_classes()); }

std::optional<Failure> run_device_case(const DeviceCase& checked, ClassCounts& classes) {
  return DeviceRunner(checked, classes).run();
}

}  // namespace quire::props
