// Shared by the tests of the copy: memory that faults by pages, and every kernel of this CPU.
#pragma once

#include "impl/user_memory/copy/copy.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <ostream>
#include <string>
#include <vector>

namespace quire::tests {

inline constexpr std::size_t kPage = 4096;
inline constexpr unsigned char kUntouched = 0xa5;

/// Pages of memory, or of a file, whose accessibility can be changed one by one.
class Area {
 public:
  explicit Area(std::size_t pages, int fd = -1) : bytes_(pages * kPage) {
    const int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void* start = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    start_ = static_cast<unsigned char*>(start);
  }
  Area(const Area&) = delete;
  Area& operator=(const Area&) = delete;
  ~Area() { munmap(start_, bytes_); }

  unsigned char* at(std::size_t offset) { return start_ + offset; }
  unsigned char* page(std::size_t index) { return start_ + index * kPage; }
  void protect(std::size_t index, int protection) {
    ASSERT_EQ(mprotect(page(index), kPage, protection), 0);
  }

 private:
  unsigned char* start_;
  std::size_t bytes_;
};

/// Bytes that differ from their neighbours, from those a page or a vector away, and from
/// kUntouched.
inline void fill_source(unsigned char* start, std::size_t n) {
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < n; ++i) {
    state = state * 1664525 + 1013904223;
    start[i] = static_cast<unsigned char>((state >> 24) | 1) & 0x7f;
  }
}

/// One way to copy, under the name that a test of it has.
struct Kernel {
  std::string name;
  bool supported;
  impl::FaultingCopy* copy;
};

inline void PrintTo(const Kernel& kernel, std::ostream* out) { *out << kernel.name; }

/// Every kernel that was built, those that this CPU lacks too.
inline std::vector<Kernel> kernels() {
  std::vector<Kernel> all;
  for (const impl::CopyEngine& engine : impl::copy_engines()) {
    all.push_back({std::string(engine.name) + "_copy", engine.supported(), engine.copy});
    if (engine.stream == engine.copy) continue;
    all.push_back({std::string(engine.name) + "_stream", engine.supported(), engine.stream});
  }
  return all;
}

/// A test of each kernel; instantiated in copy_test.cpp.
class CopyKernel : public testing::TestWithParam<Kernel> {
 protected:
  void SetUp() override {
    if (!GetParam().supported) GTEST_SKIP() << "this CPU has no " << GetParam().name;
    quire::install_fault_handler();
  }

  /// Copies n bytes and demands that exactly the first `want` arrive. [to - before, to + after) is
  /// accessible and is looked at as a whole.
  void expect_copied(
      unsigned char* to, const unsigned char* from, std::size_t n, std::size_t want,
      std::size_t before, std::size_t after) {
    std::memset(to - before, kUntouched, before + after);
    expected_.assign(before + after, kUntouched);
    std::copy_n(from, want, expected_.begin() + static_cast<std::ptrdiff_t>(before));
    ASSERT_EQ(GetParam().copy(to, from, n), want) << "n = " << n;
    ASSERT_EQ(std::memcmp(to - before, expected_.data(), before + after), 0)
        << "n = " << n << ", want = " << want
        << ", to % 4096 = " << reinterpret_cast<std::uintptr_t>(to) % kPage
        << ", from % 4096 = " << reinterpret_cast<std::uintptr_t>(from) % kPage;
  }

 private:
  std::vector<unsigned char> expected_;
};

}  // namespace quire::tests
