// Buffers that fault at one byte, of each kind.
#include "props/memory/user_buffer.h"
#include "props/memory/pattern.h"
#include "props/memory/poison.h"

#include <gtest/gtest.h>

#include <setjmp.h>
#include <signal.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;

using std::chrono_literals::operator""us;

constexpr std::uint64_t kSeed = 7;

sigjmp_buf on_fault;
volatile sig_atomic_t fault_signal = 0;

void jump(int signal) {
  fault_signal = signal;
  siglongjmp(on_fault, 1);
}

/// Catches SIGSEGV and SIGBUS of this thread while it lives.
class FaultCatcher {
 public:
  FaultCatcher() {
    struct sigaction action {};
    action.sa_handler = jump;
    ::sigaction(SIGSEGV, &action, &segv_);
    ::sigaction(SIGBUS, &action, &bus_);
  }
  FaultCatcher(const FaultCatcher&) = delete;
  FaultCatcher& operator=(const FaultCatcher&) = delete;
  ~FaultCatcher() {
    ::sigaction(SIGSEGV, &segv_, nullptr);
    ::sigaction(SIGBUS, &bus_, nullptr);
  }

  /// The signal that reading (or, with `store`, writing back) the byte at `at` raises, or 0.
  static int touch(std::byte* at, bool store) {
    fault_signal = 0;
    if (sigsetjmp(on_fault, 1) == 0) {
      volatile std::byte* const byte = at;
      const std::byte seen = *byte;
      if (store) *byte = seen;
    }
    return fault_signal;
  }

 private:
  struct sigaction segv_;
  struct sigaction bus_;
};

/// Bytes from `at` on that the kernel can read for us, up to n; they are left in `to`.
std::size_t kernel_reads(std::byte* at, std::size_t n, std::vector<std::byte>& to) {
  to.assign(n + 1, std::byte{0});
  std::size_t done = 0;
  while (done < n) {
    const std::size_t page_rest = kPage - reinterpret_cast<std::uintptr_t>(at + done) % kPage;
    iovec local{to.data() + done, std::min(page_rest, n - done)};
    iovec remote{at + done, local.iov_len};
    if (::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) <= 0) break;
    done += local.iov_len;
  }
  return done;
}

bool is_late_without_faults(BufferKind kind) {
  return kind == BufferKind::supplied_late && !why_no_userfaultfd().empty();
}

bool shows_pattern(const std::byte* bytes, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (bytes[i] != pattern(kSeed, i)) return false;
  }
  return true;
}

constexpr std::array<std::size_t, 9> kLengths = {0, 1, 63, 64, 4095, 4096, 4097, 8192, 70000};

class UserBufferTest : public testing::TestWithParam<BufferKind> {
 protected:
  void SetUp() override {
    if (is_late_without_faults(GetParam())) GTEST_SKIP() << why_no_userfaultfd();
  }

  bool may_fault() const {
    return GetParam() != BufferKind::plain && GetParam() != BufferKind::supplied_late;
  }
  int signal() const { return GetParam() == BufferKind::ends_in_sigbus ? SIGBUS : SIGSEGV; }

  /// Bytes that fault from the first that does.
  std::size_t faulting_bytes(const UserBuffer& buffer) const {
    const std::size_t rest = buffer.size - buffer.readable;
    return GetParam() == BufferKind::hole_in_middle ? std::min(rest, kPage) : rest;
  }

  UserMemory memory_;
};

INSTANTIATE_TEST_SUITE_P(
    EachKind, UserBufferTest, testing::ValuesIn(kBufferKinds),
    [](const auto& info) { return std::string(name_of(info.param)); });

TEST_P(UserBufferTest, FaultsExactlyAtItsByte) {
  const FaultCatcher catcher;
  for (const std::size_t readable : kLengths) {
    for (const std::size_t rest : kLengths) {
      const std::size_t size = readable + rest;
      const UserBuffer buffer = memory_.source(
          {.kind = GetParam(), .size = size, .readable = readable, .misalignment = 5}, kSeed);
      ASSERT_EQ(buffer.size, size);
      ASSERT_EQ(buffer.readable, may_fault() ? readable : size);
      const std::size_t bad_end = buffer.readable + faulting_bytes(buffer);
      for (const bool store : {false, true}) {
        for (std::size_t i = 0; i < size; i += i < 66 || i + 66 > size ? 1 : 61) {
          const bool bad = buffer.readable <= i && i < bad_end;
          ASSERT_EQ(catcher.touch(buffer.data + i, store), bad ? signal() : 0)
              << "byte " << i << " of " << readable << " + " << rest;
        }
        // The steps above may skip the edges.
        if (buffer.readable != 0) {
          ASSERT_EQ(catcher.touch(buffer.data + buffer.readable - 1, store), 0);
        }
        if (may_fault()) {
          ASSERT_EQ(catcher.touch(buffer.data + buffer.readable, store), signal());
        }
        if (bad_end < size) {
          ASSERT_EQ(catcher.touch(buffer.data + bad_end, store), 0);
        }
      }
      ASSERT_TRUE(shows_pattern(buffer.data, 0, buffer.readable));
      ASSERT_TRUE(shows_pattern(buffer.data, bad_end, size));
      if (rest == kLengths.back()) memory_.clear();
    }
  }
}

TEST_P(UserBufferTest, StopsTheKernelAtTheSameByte) {
  if (GetParam() == BufferKind::supplied_late && !supports_kernel_faults()) {
    GTEST_SKIP() << "the kernel's own faults do not reach userfaultfd here";
  }
  std::vector<std::byte> seen;
  for (const std::size_t readable : kLengths) {
    for (const std::size_t rest : {std::size_t{1}, kPage, 3 * kPage}) {
      const UserBuffer buffer = memory_.source(
          {.kind = GetParam(), .size = readable + rest, .readable = readable}, kSeed);
      ASSERT_EQ(kernel_reads(buffer.data, buffer.size, seen), buffer.readable);
      ASSERT_TRUE(shows_pattern(seen.data(), 0, buffer.readable));
    }
    memory_.clear();
  }
}

TEST_P(UserBufferTest, IsAsGoodAfterAClear) {
  const FaultCatcher catcher;
  for (int round = 0; round < 3; ++round) {
    // Other kinds and sizes in between, so that the same pages serve differently.
    for (const BufferKind kind : kBufferKinds) {
      if (is_late_without_faults(kind)) continue;
      memory_.source({.kind = kind, .size = 3 * kPage, .readable = kPage}, kSeed + 1);
    }
    memory_.clear();
    ASSERT_TRUE(memory_.buffers().empty());
    const std::size_t readable = 2 * kPage + 100;
    const UserBuffer buffer =
        memory_.source({.kind = GetParam(), .size = readable + 10, .readable = readable}, kSeed);
    ASSERT_EQ(catcher.touch(buffer.data + readable - 1, true), 0);
    ASSERT_EQ(catcher.touch(buffer.data + readable, true), may_fault() ? signal() : 0);
    ASSERT_TRUE(shows_pattern(buffer.data, 0, buffer.readable));
    memory_.clear();
  }
}

TEST_P(UserBufferTest, IsPoisonAsADestinationAndTakesBytes) {
  const UserBuffer buffer =
      memory_.destination({.kind = GetParam(), .size = 20000, .readable = 5000});
  for (std::size_t i = 0; i < buffer.readable; ++i) {
    ASSERT_EQ(buffer.data[i], kPoison);
    buffer.data[i] = pattern(kSeed, i);
  }
  EXPECT_TRUE(shows_pattern(buffer.data, 0, buffer.readable));
  EXPECT_TRUE(memory_.margins_intact());
}

TEST(UserMemory, EndsAtTheRequestedByte) {
  UserMemory memory;
  const auto add = [&](std::size_t size, std::uint64_t first) {
    return memory.source({BufferKind::ends_in_prot_none, size, size, 0}, kSeed, first);
  };
  const UserBuffer one = add(5000, 0), other = add(10, 5000);
  const FaultCatcher catcher;
  for (const std::size_t end : {0u, 5000u, 5010u, 5000u}) {
    memory.end_at(end);
    EXPECT_EQ(FaultCatcher::touch(one.data, false) == 0, end != 0);
    EXPECT_EQ(FaultCatcher::touch(one.data + 4999, false) == 0, end != 0);
    EXPECT_EQ(FaultCatcher::touch(other.data, false) == 0, end == 5010);
  }
  EXPECT_EQ(one.data[0], pattern(kSeed, 0));
  EXPECT_THROW(memory.end_at(4999), std::invalid_argument);
  memory.clear();
  memory.source({BufferKind::plain, 10, 0, 0}, kSeed);
  EXPECT_THROW(memory.end_at(0), std::invalid_argument);
}

TEST(UserMemory, StartsAtTheRequestedByte) {
  UserMemory memory;
  for (const BufferKind kind : kBufferKinds) {
    if (kind == BufferKind::hole_in_middle || is_late_without_faults(kind)) continue;
    for (const std::size_t misalignment : {0, 1, 63, 64, 4095}) {
      const UserBuffer buffer =
          memory.source({.kind = kind, .size = 5000, .misalignment = misalignment}, kSeed);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data) % kPage, misalignment);
    }
  }
}

TEST(UserMemory, HoldsTheLargestCommands) {
  UserMemory memory(0us);
  for (const BufferKind kind : kBufferKinds) {
    if (is_late_without_faults(kind)) continue;
    const UserBuffer whole = memory.source(
        {.kind = kind,
         .size = UserMemory::kBytesMax,
         .readable = UserMemory::kBytesMax,
         .misalignment = 4095},
        kSeed);
    EXPECT_TRUE(shows_pattern(whole.data, 0, whole.readable));
    EXPECT_THROW(memory.source({.size = 1, .readable = 1}, kSeed), std::length_error);
    memory.clear();

    // 1024 segments that carry one pattern, each as awkward as it can be.
    const std::size_t size = UserMemory::kBytesMax / UserMemory::kBuffersMax;
    for (std::size_t i = 0; i < UserMemory::kBuffersMax; ++i) {
      memory.source(
          {.kind = kind, .size = size, .readable = i % (size + 1), .misalignment = 4095}, kSeed,
          i * size);
    }
    EXPECT_EQ(memory.segments().size(), 1024u);
    for (std::size_t i = 0; i < UserMemory::kBuffersMax; ++i) {
      const UserBuffer& buffer = memory.buffers()[i];
      ASSERT_EQ(memory.segments()[i].iov_base, buffer.data);
      ASSERT_EQ(memory.segments()[i].iov_len, size);
      if (buffer.readable != 0) {
        ASSERT_EQ(buffer.data[0], pattern(kSeed, i * size));
        ASSERT_EQ(buffer.data[buffer.readable - 1], pattern(kSeed, i * size + buffer.readable - 1));
      }
    }
    EXPECT_TRUE(memory.margins_intact());
    EXPECT_THROW(memory.source({.size = 0}, kSeed), std::length_error);
    memory.clear();
  }
}

TEST(UserMemory, RefusesShapesThatAreNone) {
  UserMemory memory;
  const BufferShape past_its_end{.kind = BufferKind::ends_in_sigbus, .size = 3, .readable = 4};
  EXPECT_THROW(memory.source(past_its_end, kSeed), std::invalid_argument);
  EXPECT_THROW(memory.source({.misalignment = kPage}, kSeed), std::invalid_argument);
}

TEST(UserMemory, SeesAWriteOutsideOfABuffer) {
  for (const BufferKind kind : kBufferKinds) {
    if (kind == BufferKind::supplied_late) continue;
    UserMemory memory;
    const UserBuffer buffer =
        memory.destination({.kind = kind, .size = 100, .readable = 100, .misalignment = 1});
    EXPECT_TRUE(memory.margins_intact());
    buffer.data[-1] = std::byte{0};
    EXPECT_FALSE(memory.margins_intact());
    buffer.data[-1] = kPoison;
    if (kind != BufferKind::plain) continue;
    buffer.data[100] = std::byte{0};
    EXPECT_FALSE(memory.margins_intact());
  }
}

}  // namespace
}  // namespace quire::tests
