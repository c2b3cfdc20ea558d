// Devices move every byte of every run: through io_uring and through plain calls, on a file and on
// loop devices, the same.
#include "impl/device/uring_device.h"
#include "impl/device/open_file.h"
#include "impl/device/plain_device.h"
#include "tests/impl/device/device_layout.h"
#include "tests/impl/device/device_paths.h"
#include "tests/write_runs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace quire::tests {
namespace {

enum class Kind { uring, plain };

std::unique_ptr<BlockDevice> open_as(Kind kind, const std::string& path) {
  auto file = impl::open_exclusively(path);
  if (!file) {
    ADD_FAILURE() << file.error().what;
    return nullptr;
  }
  if (kind == Kind::plain) return std::make_unique<impl::PlainDevice>(std::move(*file));
  return impl::make_uring_device(*file);
}

bool has_uring() {
  impl::OpenFile none;
  return impl::make_uring_device(none) != nullptr;
}

/// The bytes at `path`, read without the device.
std::vector<std::byte> contents(const std::string& path, std::size_t size) {
  std::vector<std::byte> bytes(size);
  const impl::Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(fd.get(), bytes.data() + got, size - got, static_cast<off_t>(got));
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  EXPECT_EQ(got, size);
  return bytes;
}

class Device : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::uring && !has_uring()) GTEST_SKIP() << "no io_uring on this machine";
  }
};
std::string name_of(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::uring ? "uring" : "plain";
}
INSTANTIATE_TEST_SUITE_P(, Device, testing::Values(Kind::uring, Kind::plain), name_of);

/// Writes all sectors in 1000 runs by one call, reads them back in 1000 others, and asks the path
/// itself both times.
void round_trip(Kind kind, const std::string& path) {
  const auto device = open_as(kind, path);
  ASSERT_NE(device, nullptr);
  const std::uint32_t sector_size = device->sector_size();
  const std::uint64_t sectors = device->size() / sector_size;
  std::mt19937_64 random(7);

  Buffer source(device->size());
  source.randomize(random);
  const Layout written = random_layout(0, sectors, 1000, sector_size, source, random);
  ASSERT_EQ(write_runs(*device, written.runs), 0);
  ASSERT_EQ(device->flush(), 0);
  const auto expected = gathered(written, source, sector_size);
  ASSERT_TRUE(contents(path, device->size()) == expected);

  const Buffer target(device->size());
  const Layout read = random_layout(0, sectors, 1000, sector_size, target, random);
  ASSERT_EQ(device->read(read.runs), 0);
  ASSERT_TRUE(gathered(read, target, sector_size) == expected);
}

TEST_P(Device, MovesAThousandRunsOfAFile) {
  const TempFile file(4 << 20);
  round_trip(GetParam(), file.path());
}

TEST_P(Device, MovesAThousandRunsOfALoopDevice) {
  for (const char* options : {"--sector-size 512", "--sector-size 4096"}) {
    SCOPED_TRACE(options);
    const LoopDevice loop(8 << 20, options);
    if (loop.path().empty()) GTEST_SKIP() << kNoLoopDevice;
    round_trip(GetParam(), loop.path());
  }
}

TEST_P(Device, MovesARunOfMoreSegmentsThanASystemCallTakes) {
  const TempFile file(8 << 20);
  const auto device = open_as(GetParam(), file.path());
  const std::uint32_t sector_size = device->sector_size();
  std::mt19937_64 random(8);
  for (const std::uint64_t sectors : {IOV_MAX - 1, IOV_MAX, IOV_MAX + 1, 2 * IOV_MAX}) {
    Buffer source(sectors * sector_size);
    source.randomize(random);
    const Layout layout = random_layout(0, sectors, 1, sector_size, source, random);
    ASSERT_EQ(write_runs(*device, layout.runs), 0);
    const auto expected = gathered(layout, source, sector_size);
    ASSERT_TRUE(contents(file.path(), expected.size()) == expected);
  }
}

TEST_P(Device, ContinuesWhereASystemCallStopsShort) {
  // The kernel moves less than 2 GiB at once. Most of the 4 GiB are a hole, read over and over into
  // the same memory.
  constexpr std::uint64_t kPiece = 4 << 20;
  constexpr std::uint64_t kPieces = IOV_MAX;
  const TempFile file(kPiece * kPieces);
  const auto device = open_as(GetParam(), file.path());
  std::mt19937_64 random(9);
  Buffer mark(8192);
  mark.randomize(random);
  const iovec mark_segment{mark.at(0), mark.size()};
  const DeviceRun mark_run{kPiece * kPieces - mark.size(), {&mark_segment, 1}};
  ASSERT_EQ(write_runs(*device, {&mark_run, 1}), 0);

  const Buffer hole(kPiece);
  const Buffer last(kPiece);
  std::vector<iovec> segments(kPieces - 1, iovec{hole.at(0), kPiece});
  segments.push_back({last.at(0), kPiece});
  const DeviceRun run{0, segments};
  ASSERT_EQ(device->read({&run, 1}), 0);
  EXPECT_EQ(std::memcmp(last.at(kPiece - mark.size()), mark.at(0), mark.size()), 0);
}

TEST_P(Device, RefusesRunsThatBreakTheRules) {
  const TempFile file(1 << 20);
  const auto device = open_as(GetParam(), file.path());
  const std::uint64_t sector = device->sector_size();
  const std::uint64_t size = device->size();
  const Buffer buffer(64 << 10);
  struct Wrong {
    const char* why;
    std::uint64_t pos;
    iovec segment;
  };
  for (const Wrong& wrong :
       {Wrong{"position", 1, {buffer.at(0), sector}},
        Wrong{"position", sector / 2, {buffer.at(0), sector}},
        Wrong{"length", 0, {buffer.at(0), sector + 1}},
        Wrong{"length", 0, {buffer.at(0), sector / 2}},
        Wrong{"address", 0, {buffer.at(sector / 2), sector}},
        Wrong{"empty segment", 0, {buffer.at(0), 0}},
        Wrong{"behind the end", size, {buffer.at(0), sector}},
        Wrong{"over the end", size - sector, {buffer.at(0), 2 * sector}},
        Wrong{"wraps", ~std::uint64_t{0} - sector + 1, {buffer.at(0), 2 * sector}}}) {
    SCOPED_TRACE(wrong.why);
    std::memset(buffer.at(0), 0xab, buffer.size());
    const iovec good{buffer.at(0), sector};
    const DeviceRun runs[] = {{0, {&good, 1}}, {wrong.pos, {&wrong.segment, 1}}};
    int results[] = {1, 1};
    device->write(runs, results);
    EXPECT_EQ(results[0], 0) << "a run that breaks the rules must not keep another from the device";
    EXPECT_EQ(results[1], -EINVAL);
    EXPECT_EQ(device->read(runs), -EINVAL);
  }
  std::vector<std::byte> expected(size);
  std::memset(expected.data(), 0xab, sector);
  EXPECT_TRUE(contents(file.path(), size) == expected) << "more was written than the good run";
}

TEST_P(Device, MovesNothingForNoRuns) {
  const TempFile file(1 << 20);
  const auto device = open_as(GetParam(), file.path());
  const DeviceRun empty[] = {{0, {}}, {device->sector_size(), {}}};
  EXPECT_EQ(write_runs(*device, {}), 0);
  EXPECT_EQ(device->read({}), 0);
  EXPECT_EQ(write_runs(*device, empty), 0);
  EXPECT_EQ(device->read(empty), 0);
}

TEST_P(Device, ReportsAFileThatHasBecomeShorter) {
  const TempFile file(4 << 20);
  const auto device = open_as(GetParam(), file.path());
  const std::uint32_t sector_size = device->sector_size();
  std::mt19937_64 random(10);
  const Buffer target(device->size());
  const std::uint64_t sectors = device->size() / sector_size;
  ASSERT_EQ(::truncate(file.path().c_str(), 2 << 20), 0);
  const Layout half = random_layout(0, sectors / 2, 200, sector_size, target, random);
  const Layout whole = random_layout(0, sectors, 200, sector_size, target, random);
  EXPECT_EQ(device->read(whole.runs), -EIO);
  EXPECT_EQ(device->read(half.runs), 0) << "the device must work after an error";
}

/// To the end of the scope, no file of this process can be written at or behind `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(std::uint64_t bytes) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    old_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{bytes, before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before_), 0);
    ::signal(SIGXFSZ, old_handler_);
  }

 private:
  rlimit before_{};
  sighandler_t old_handler_;
};

TEST_P(Device, ReportsEachRunThatCannotBeWrittenAndWritesTheOthers) {
  constexpr std::uint64_t kLimit = 2 << 20;
  const TempFile file(4 << 20);
  const auto device = open_as(GetParam(), file.path());
  std::mt19937_64 random(11);
  Buffer source(device->size());
  source.randomize(random);
  const std::uint32_t sector_size = device->sector_size();
  const Layout layout =
      random_layout(0, device->size() / sector_size, 300, sector_size, source, random);
  std::vector<int> results(layout.runs.size(), 1);
  {
    const FileSizeLimit limit(kLimit);
    device->write(layout.runs, results);
  }
  const auto expected = gathered(layout, source, sector_size);
  const auto found = contents(file.path(), device->size());
  std::size_t failed = 0;
  for (std::size_t r = 0; r < results.size(); ++r) {
    const std::uint64_t pos = layout.runs[r].device_pos;
    const std::uint64_t length = layout.runs[r].segments.size() * std::uint64_t{sector_size};
    EXPECT_EQ(results[r], pos + length > kLimit ? -EFBIG : 0) << "run " << r;
    if (results[r] != 0) {
      ++failed;
    } else {
      EXPECT_EQ(std::memcmp(&found[pos], &expected[pos], length), 0) << "run " << r;
    }
  }
  EXPECT_GT(failed, 100u);
  EXPECT_GT(results.size() - failed, 100u);

  EXPECT_EQ(write_runs(*device, layout.runs), 0) << "the device must work after an error";
  EXPECT_TRUE(contents(file.path(), device->size()) == expected);
}

TEST_P(Device, FailsARunAsAWholeWhereOneOfItsTransfersFails) {
  // The first run takes three transfers, of which the middle one runs into the limit.
  const TempFile file(4 << 20);
  const auto device = open_as(GetParam(), file.path());
  const std::uint64_t sector = device->sector_size();
  const Buffer source(64 << 10);
  std::memset(source.at(0), 0x77, source.size());
  const std::vector<iovec> many(2 * IOV_MAX + 1, iovec{source.at(0), sector});
  const iovec one{source.at(0), sector};
  const std::uint64_t limit = (IOV_MAX + 16) * sector;
  const DeviceRun runs[] = {
      {0, many}, {2 * limit, {&one, 1}}, {0, {}}, {limit - sector, {&one, 1}}};
  int results[] = {1, 1, 1, 1};
  {
    const FileSizeLimit small(limit);
    device->write(runs, results);
  }
  EXPECT_EQ(results[0], -EFBIG);
  EXPECT_EQ(results[1], -EFBIG);
  EXPECT_EQ(results[2], 0);
  EXPECT_EQ(results[3], 0);
  EXPECT_EQ(contents(file.path(), limit)[limit - 1], std::byte{0x77});
}

TEST_P(Device, ServesManyThreadsAtOnce) {
  constexpr std::uint64_t kThreads = 8;
  constexpr std::uint64_t kSectors = 256;
  const TempFile file(kThreads * kSectors * 4096);
  const auto device = open_as(GetParam(), file.path());
  const std::uint32_t sector_size = device->sector_size();
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (int round = 0; round < 10; ++round) {
        const std::uint64_t start = t * kSectors;
        Buffer source(kSectors * sector_size);
        source.randomize(random);
        const Layout out = random_layout(start, kSectors, 100, sector_size, source, random);
        EXPECT_EQ(write_runs(*device, out.runs), 0);
        EXPECT_EQ(device->flush(), 0);
        const Buffer target(kSectors * sector_size);
        const Layout in = random_layout(start, kSectors, 10, sector_size, target, random);
        EXPECT_EQ(device->read(in.runs), 0);
        EXPECT_TRUE(gathered(in, target, sector_size) == gathered(out, source, sector_size));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// Closes every ring of this process, as a daemon does that closes each descriptor it does not
/// know; returns how many.
int close_rings() {
  int closed = 0;
  for (int fd = 3; fd < 1024; ++fd) {
    std::error_code none;
    const auto target = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), none);
    if (target == "anon_inode:[io_uring]" && ::close(fd) == 0) ++closed;
  }
  return closed;
}

TEST(UringDevice, ContinuesByPlainCallsWhenItsRingsAreLost) {
  if (!has_uring()) GTEST_SKIP() << "no io_uring on this machine";
  const TempFile file(4 << 20);
  const auto device = open_as(Kind::uring, file.path());
  ASSERT_GT(close_rings(), 0);
  std::mt19937_64 random(12);
  Buffer source(device->size());
  source.randomize(random);
  const std::uint32_t sector_size = device->sector_size();
  const Layout layout =
      random_layout(0, device->size() / sector_size, 500, sector_size, source, random);
  const auto expected = gathered(layout, source, sector_size);
  EXPECT_EQ(write_runs(*device, layout.runs), 0);
  EXPECT_TRUE(contents(file.path(), device->size()) == expected);
  EXPECT_EQ(device->flush(), 0);
  EXPECT_EQ(write_runs(*device, layout.runs), 0);
  EXPECT_TRUE(contents(file.path(), device->size()) == expected);
}

}  // namespace
}  // namespace quire::tests
