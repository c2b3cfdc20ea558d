// A forked child has its parent's volumes in its memory, and must leave them and their device
// alone.
#include "tests/impl/device/device_paths.h"
#include "tests/impl/files_in_memory.h"
#include "tests/write_runs.h"

#include <quire/quire.h>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {
const pid_t program = ::getpid();
}

/// LeakSanitizer calls it, where the build has it: a child frees nothing that it inherited.
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() { return ::getpid() != program; }

namespace quire::tests {
namespace {

using MakeChild = pid_t (*)();

/// A child that runs body() and exits with what it returns; killed after some seconds.
class Child {
 public:
  explicit Child(const std::function<int()>& body, MakeChild make = ::fork) : pid_(make()) {
    if (pid_ != 0) return;
    ::alarm(20);
    ::_exit(body());
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

  /// The value that body() returned; minus the signal that killed it.
  int wait() {
    int status = 0;
    EXPECT_EQ(::waitpid(std::exchange(pid_, 0), &status, 0) > 0, true);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

/// A fork(2) that no handler of pthread_atfork(3) hears of.
pid_t raw_fork() { return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }

/// Number of the first call on an inherited volume that does not return ESTALE; 0 for none.
int wrong_answer(Volume& volume, File& file) {
  char bytes[4096] = {};
  if (write_at(file, 0, bytes, sizeof bytes) != -ESTALE) return 1;
  if (read_at(file, 0, bytes, sizeof bytes) != -ESTALE) return 2;
  if (file.fsync() != -ESTALE) return 3;
  if (file.ftruncate(0) != -ESTALE) return 4;
  if (file.size() != -ESTALE) return 5;
  if (file.position() != -ESTALE) return 6;
  if (file.drop_cache() != -ESTALE) return 7;
  if (file.device_block_of(0).has_value()) return 8;
  if (file.close() != -ESTALE) return 9;
  const auto other = volume.file(2);
  if (other || other.error().code != ESTALE) return 10;
  if (volume.free_blocks() != 0 || volume.reserved_blocks() != 0) return 11;
  if (volume.blocks() == 0 || volume.block_size() == 0) return 12;  // these never change
  return 0;
}

/// A path to a device of a kind; empty where this machine has none.
enum class Kind { file, loop };

class Fork : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::file) {
      file_.emplace(16 << 20);
      path_ = file_->path();
    } else {
      loop_.emplace(16 << 20, "");
      path_ = loop_->path();
    }
    if (path_.empty()) GTEST_SKIP() << kNoLoopDevice;
    open();
  }

  void open() {
    auto volume = Volume::open(path_);
    ASSERT_TRUE(volume) << volume.error().what;
    volume_.emplace(std::move(*volume));
    handle_.emplace(volume_->file(1).value());
  }
  void close() {
    handle_.reset();
    volume_.reset();
  }

  void expect_it_works(char c) {
    const std::string bytes(100'000, c);
    ASSERT_EQ(write_at(*handle_, 0, bytes.data(), bytes.size()), 100'000);
    ASSERT_EQ(handle_->fsync(), 0);
    ASSERT_EQ(handle_->drop_cache(), 0);
    std::string back(bytes.size(), '?');
    ASSERT_EQ(read_at(*handle_, 0, back.data(), back.size()), 100'000);
    ASSERT_EQ(back, bytes);
  }

  std::optional<TempFile> file_;
  std::optional<LoopDevice> loop_;
  std::string path_;
  std::optional<Volume> volume_;
  std::optional<File> handle_;
};

std::string name_of(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::file ? "file" : "loop";
}
INSTANTIATE_TEST_SUITE_P(, Fork, testing::Values(Kind::file, Kind::loop), name_of);

TEST_P(Fork, ChildsCallsReturnAnErrorAndTheParentsStillWork) {
  expect_it_works('a');
  for (const MakeChild make : {MakeChild{::fork}, MakeChild{raw_fork}, MakeChild{::_Fork}}) {
    Child child([&] { return wrong_answer(*volume_, *handle_); }, make);
    expect_it_works('b');
    EXPECT_EQ(child.wait(), 0);
    expect_it_works('c');
  }
}

TEST_P(Fork, ChildOfAChildGetsTheSameErrors) {
  expect_it_works('a');
  Child child([&] {
    // A volume of its own gives the child a number; the inherited one must still be none of its.
    const TempFile own(1 << 20);
    auto volume = Volume::open(own.path());
    if (!volume) return 20;
    File file = volume->file(1).value();
    if (write_at(file, 0, "child", 5) != 5 || file.fsync() != 0) return 21;
    if (const int wrong = wrong_answer(*volume_, *handle_); wrong != 0) return wrong;
    Child grandchild([&] {
      if (const int wrong = wrong_answer(*volume_, *handle_); wrong != 0) return wrong;
      const int wrong = wrong_answer(*volume, file);
      return wrong == 0 ? 0 : 30 + wrong;
    });
    const int answer = grandchild.wait();
    if (write_at(file, 0, "child", 5) != 5 || file.fsync() != 0) return 22;
    return answer;
  });
  EXPECT_EQ(child.wait(), 0);
  expect_it_works('b');
}

TEST_P(Fork, SleepingChildKeepsNothingBusy) {
  for (int round = 0; round < 5; ++round) {
    expect_it_works('a');
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 3; ++i) {
      children.push_back(std::make_unique<Child>([] { return ::sleep(20), 0; }));
    }
    close();
    open();
    ASSERT_FALSE(HasFatalFailure()) << "round " << round;
  }
  expect_it_works('b');
}

TEST_P(Fork, ChildThatWasSpawnedKeepsNothingBusy) {
  // A child of vfork(2) closes its descriptors only in execve(2).
  std::atomic<bool> stop{false};
  std::thread spawner([&] {
    while (!stop) {
      [[maybe_unused]] const int status = std::system("true");
    }
  });
  for (int round = 0; round < 50; ++round) {
    close();
    open();
    if (HasFatalFailure()) break;
  }
  stop = true;
  spawner.join();
}

TEST_P(Fork, ChildThatExecutesAProgramKeepsNoDescriptor) {
  int out[2];
  ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
  Child child([&] {
    ::dup2(out[1], 1);
    ::execl("/bin/ls", "ls", "-l", "/proc/self/fd", nullptr);
    return 1;
  });
  ::close(out[1]);
  std::string listed;
  char piece[4096];
  for (ssize_t n; (n = ::read(out[0], piece, sizeof piece)) > 0;) {
    listed.append(piece, static_cast<std::size_t>(n));
  }
  ::close(out[0]);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(listed.find("io_uring"), std::string::npos) << listed;
  EXPECT_EQ(listed.find(path_), std::string::npos) << listed;
}

TEST_P(Fork, ChildMayDestroyWhatItInheritedAndOpenItsOwn) {
  expect_it_works('a');
  Child child([&] {
    File other = std::move(*handle_);
    handle_.reset();
    volume_.reset();
    const TempFile own(1 << 20);
    // Takes the descriptors that the inherited devices had.
    auto volume = Volume::open(own.path());
    if (!volume) return 2;
    File file = volume->file(1).value();
    other = std::move(file);
    if (write_at(other, 0, "child", 5) != 5) return 3;
    return other.fsync() == 0 ? 0 : 4;
  });
  EXPECT_EQ(child.wait(), 0);
  expect_it_works('b');
  const auto second = Volume::open(path_);
  ASSERT_FALSE(second) << "the child has unlocked the device";
  EXPECT_NE(second.error().what.find("this program itself"), std::string::npos);
}

TEST_P(Fork, ChildThatExitsDestroysStaticVolumesInPeace) {
  expect_it_works('a');
  static std::optional<std::pair<Volume, File>> global;
  global.emplace(std::move(*volume_), std::move(*handle_));
  close();
  const pid_t pid = ::fork();
  if (pid == 0) {
    global.reset();
    std::exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  volume_.emplace(std::move(global->first));
  handle_.emplace(std::move(global->second));
  global.reset();
  expect_it_works('b');
}

TEST_P(Fork, ParentsFileIsBusyForTheChild) {
  Child child([&] {
    const auto volume = Volume::open(path_);
    if (volume) return 1;
    return volume.error().what.find("another program") != std::string::npos ? 0 : 2;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST_P(Fork, ChildMayOpenTheFileOnceTheParentHasClosedIt) {
  int start[2];
  ASSERT_EQ(::pipe2(start, O_CLOEXEC), 0);
  Child child([&] {
    char byte;
    if (::read(start[0], &byte, 1) != 1) return 1;
    auto volume = Volume::open(path_);
    if (!volume) return 2;
    File file = volume->file(1).value();
    return write_at(file, 0, "child", 5) == 5 && file.fsync() == 0 ? 0 : 3;
  });
  close();
  ASSERT_EQ(::write(start[1], "x", 1), 1);
  EXPECT_EQ(child.wait(), 0);
  ::close(start[0]);
  ::close(start[1]);
  open();
  expect_it_works('b');
}

TEST_P(Fork, WhileThreadsAreInCallsNoChildHangs) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      File file = volume_->file(static_cast<std::uint64_t>(t % 2) + 1).value();
      std::string bytes(30'000, static_cast<char>('a' + t));
      std::string back(30'000, '?');
      while (!stop) {
        EXPECT_EQ(write_at(file, t * 30'000, bytes.data(), bytes.size()), 30'000);
        EXPECT_EQ(file.fsync(), 0);
        EXPECT_EQ(file.drop_cache(), 0);
        EXPECT_EQ(read_at(file, t * 30'000, back.data(), back.size()), 30'000);
        EXPECT_EQ(back, bytes);
      }
    });
  }
  // In a child, a lock that one of these threads holds stays locked for good.
  threads.emplace_back([&] {
    while (!stop) volume_->free_blocks();
  });
  for (int round = 0; round < 60; ++round) {
    Child child(
        [&] {
          if (const int wrong = wrong_answer(*volume_, *handle_); wrong != 0) return wrong;
          handle_.reset();
          volume_.reset();
          return 0;
        },
        round % 2 == 0 ? ::fork : raw_fork);
    EXPECT_EQ(child.wait(), 0) << "round " << round;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(ForkedDevice, AnswersAnErrorInTheChild) {
  const TempFile file(1 << 20);
  auto device = open_block_device(file.path()).value();
  alignas(4096) static std::byte bytes[4096];
  const iovec segment{bytes, sizeof bytes};
  const DeviceRun run{0, {&segment, 1}};
  EXPECT_EQ(write_runs(*device, {&run, 1}), 0);
  Child child([&] {
    if (write_runs(*device, {&run, 1}) != -ESTALE) return 1;
    if (device->read({&run, 1}) != -ESTALE) return 2;
    if (device->flush() != -ESTALE) return 3;
    device.reset();
    return 0;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(write_runs(*device, {&run, 1}), 0);
  EXPECT_EQ(device->flush(), 0);
}

TEST(ForkedDevice, OfTheProgramIsNeitherCalledNorDestroyedInTheChild) {
  struct Watched final : BlockDevice {
    explicit Watched(std::atomic<int>& calls) : calls_(calls) {}
    ~Watched() override { ++calls_; }
    std::uint64_t size() const override { return inner_.size(); }
    std::uint32_t sector_size() const override { return 512; }
    const std::string& name() const override { return inner_.name(); }
    int read(std::span<const DeviceRun> runs) override { return ++calls_, inner_.read(runs); }
    void write(std::span<const DeviceRun> runs, std::span<int> results) override {
      ++calls_;
      inner_.write(runs, results);
    }
    int flush() override { return ++calls_, 0; }
    PlainMemoryDevice inner_{1 << 20};
    std::atomic<int>& calls_;
  };
  std::atomic<int> calls{0};
  std::optional<Volume> volume(Volume::open(std::make_shared<Watched>(calls)).value());
  std::optional<File> file(volume->file(1).value());
  EXPECT_EQ(write_at(*file, 0, "bytes", 5), 5);
  Child child([&] {
    if (const int wrong = wrong_answer(*volume, *file); wrong != 0) return wrong;
    file.reset();
    volume.reset();
    return calls == 0 ? 0 : 40;
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(file->fsync(), 0);
}

}  // namespace
}  // namespace quire::tests
