// Subjects that crash or deadlock in lockstep: the case is shrunk to a few commands, and its replay
// line ends the process again.
#include "props/differential/command.h"
#include "props/subject/subject.h"
#include "props/suites/run_lockstep.h"
#include "props/suites/run_suite.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>

namespace quire::props {
namespace {

using std::chrono_literals::operator""ms;

/// ref's subject, but for a truncate of a file that has been synced.
class Planted final : public Subject {
 public:
  Planted(std::unique_ptr<Subject> subject, std::function<void()> mistake)
      : subject_(std::move(subject)), mistake_(std::move(mistake)) {}

  const std::string& name() const override { return subject_->name(); }
  std::int64_t write(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return subject_->write(f, iov, at);
  }
  std::int64_t read(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return subject_->read(f, iov, at);
  }
  int fsync(std::uint64_t f, std::uint64_t handle) override {
    synced_ = f + 1;
    return subject_->fsync(f, handle);
  }
  int truncate(std::uint64_t f, std::int64_t length) override {
    if (length != 0 && synced_ == f + 1) mistake_();
    return subject_->truncate(f, length);
  }
  int drop_cache(std::uint64_t f) override { return subject_->drop_cache(f); }
  int reopen(std::uint64_t f, std::uint64_t handle) override { return subject_->reopen(f, handle); }
  std::int64_t size(std::uint64_t f) override { return subject_->size(f); }
  std::int64_t position(std::uint64_t f) override { return subject_->position(f); }
  std::optional<std::uint64_t> device_block_of(std::uint64_t f, std::uint64_t block) override {
    return subject_->device_block_of(f, block);
  }
  std::uint64_t free_blocks() override { return subject_->free_blocks(); }
  std::uint64_t reserved_blocks() override { return subject_->reserved_blocks(); }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    return subject_->read_device(pos, to);
  }
  int read_medium(std::uint64_t pos, std::span<std::byte> to) override {
    return subject_->read_medium(pos, to);
  }
  void audit(const std::set<std::uint64_t>& touched, std::optional<std::uint64_t> cut) override {
    subject_->audit(touched, cut);
  }
  const FailureManners& manners() const override { return subject_->manners(); }
  FaultInjector& faults() override { return subject_->faults(); }

 private:
  std::unique_ptr<Subject> subject_;
  std::function<void()> mistake_;
  std::uint64_t synced_ = 0;
};

class PlantedFactory final : public SubjectFactory {
 public:
  PlantedFactory(std::unique_ptr<SubjectFactory> factory, std::function<void()> mistake)
      : factory_(std::move(factory)), mistake_(std::move(mistake)) {}

  std::unique_ptr<Subject> make(const Setting& setting, spec::Recorder& recorder) override {
    return std::make_unique<Planted>(factory_->make(setting, recorder), mistake_);
  }
  const char* subject_name() const override { return factory_->subject_name(); }
  std::uint64_t device_bytes() const override { return factory_->device_bytes(); }
  std::uint64_t sector_size() const override { return factory_->sector_size(); }

 private:
  std::unique_ptr<SubjectFactory> factory_;
  std::function<void()> mistake_;
};

Suite planted_suite(const std::function<void()>& mistake) {
  return {
      "planted",
      "",
      "",
      [mistake](const Options& options) {
        PlantedFactory factory(make_ref_memory_factory(4 << 20, 512), mistake);
        return run_lockstep("planted", {&factory}, options);
      },
      true,
      true};
}

SuiteResult run_planted(const std::function<void()>& mistake, const std::string& replay = {}) {
  Options options;
  options.subject = "ref";
  options.cases = 500;
  options.seed = 1;
  options.jobs = 2;
  options.replay = replay;
  return run_suite(planted_suite(mistake), options, {.deadlocked = 300ms});
}

void expect_shrunk_and_replayed(const std::function<void()>& mistake, const std::string& cause) {
  const SuiteResult found = run_planted(mistake);
  EXPECT_EQ(found.verdict, Verdict::failed);
  ASSERT_TRUE(found.counterexample);
  const Failure& failure = found.counterexample->failure;
  EXPECT_EQ(failure.source, "watchdog");
  EXPECT_EQ(failure.subject, "ref");
  EXPECT_NE(failure.actual.find(cause), std::string::npos) << failure.actual;
  const Case smallest = from_replay(found.counterexample->replay);
  // A case for faults keeps the drop_cache that stands behind each of its fsyncs.
  ASSERT_LE(smallest.commands.size(), 3u) << found.counterexample->text;
  EXPECT_EQ(smallest.commands.front().action, Action::fsync);
  const Command& last = smallest.commands.back();  // or a second thread truncates meanwhile
  EXPECT_EQ((last.actors.empty() ? last : last.actors.back().command).action, Action::truncate);
  EXPECT_EQ(failure.command + 1, smallest.commands.size());

  const SuiteResult again = run_planted(mistake, found.counterexample->replay);
  EXPECT_EQ(again.verdict, Verdict::failed);
  ASSERT_TRUE(again.counterexample);
  EXPECT_EQ(again.counterexample->failure.actual, failure.actual);
  EXPECT_EQ(again.counterexample->text, found.counterexample->text);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(WatchedLockstep, CrashIsShrunkAndReplayed) {
  expect_shrunk_and_replayed(
      [] {
        ::signal(SIGSEGV, SIG_DFL);
        ::kill(::getpid(), SIGSEGV);
      },
      "SIGSEGV");
}

TEST(WatchedLockstep, DeadlockIsShrunkAndReplayed) {
  // A thread that supplies late pages may be there, too.
  expect_shrunk_and_replayed(
      [] {
        std::atomic<int> never{0};
        never.wait(0);
      },
      "deadlock");
}

TEST(WatchedLockstep, SubjectWithoutTheMistakeHolds) {
  const SuiteResult result = run_planted([] {});
  EXPECT_EQ(result.verdict, Verdict::held) << result.reason;
  EXPECT_EQ(result.cases, 500u);
}

}  // namespace
}  // namespace quire::props
