// A thread that is cancelled while a device or a memory resource of the program is at work.
#include <quire/quire.h>

#include <gtest/gtest.h>
#include <pthread.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <string>
#include <thread>

namespace quire::tests {
namespace {

/// A device in memory, each of whose functions is a cancellation point.
class CancellationPoints final : public BlockDevice {
 public:
  std::uint64_t size() const override { return point(), bytes_.size(); }
  std::uint32_t sector_size() const override { return point(), 512; }
  const std::string& name() const override { return point(), name_; }
  bool stable_writes() const override { return point(), false; }
  int flush() override { return point(), 0; }
  int read(std::span<const DeviceRun> runs) override {
    point();
    for (const DeviceRun& run : runs) move(run, [](auto* ours, iovec s) {
      std::memcpy(s.iov_base, ours, s.iov_len);
    });
    return 0;
  }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    point();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      move(runs[i], [](auto* ours, iovec s) { std::memcpy(ours, s.iov_base, s.iov_len); });
      results[i] = 0;
    }
  }

 private:
  static void point() { ::pthread_testcancel(); }
  template <class Copy>
  void move(const DeviceRun& run, Copy copy) {
    char* at = bytes_.data() + run.device_pos;
    for (const iovec& segment : run.segments) {
      copy(at, segment);
      at += segment.iov_len;
    }
  }

  std::string bytes_ = std::string(1 << 20, '?');
  std::string name_ = "cancellation points";
};

class CancellableMemory final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    ::pthread_testcancel();
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    ::pthread_testcancel();
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(CancelledCall, EndsTheThreadBehindTheCallAndNotTheProgram) {
  CancellableMemory memory;
  bool opened = false;
  ssize_t written = -1;
  int flushed = -1, truncated = -1;
  const auto body = [&] {
    ::pthread_cancel(::pthread_self());  // it acts at the next cancellation point
    auto volume = Volume::open(
        std::make_shared<CancellationPoints>(), {.dirty_max = 1 << 20, .memory = &memory});
    opened = volume.has_value();
    if (!opened) return;
    auto file = volume->file(1);
    std::string bytes(10'000, 'a');
    const iovec from{bytes.data(), bytes.size()};
    written = file->pwritev2(&from, 1, 0, 0);
    flushed = file->fsync();
    truncated = file->ftruncate(0);
    ::pthread_testcancel();
    ADD_FAILURE() << "the cancellation is lost";
  };
  std::thread thread(body);
  thread.join();
  EXPECT_TRUE(opened);
  EXPECT_EQ(written, 10'000);
  EXPECT_EQ(flushed, 0);
  EXPECT_EQ(truncated, 0);
}

}  // namespace
}  // namespace quire::tests
