// The copy kernels make the accesses that their model makes (proofs/models/copy_kernel.h), and the
// model is proven right.
//
// A kernel is run one instruction at a time (the CPU's trap flag). No page of the source can be
// read, so that each load faults, is noted, and is then let through; after each instruction the
// target is searched for bytes that it has stored, which are noted and wiped.
#include "proofs/models/copy_kernel.h"
#include "impl/user_memory/copy/copy_engine.h"

#include "tests/impl/user_memory/copy/copy_fixture.h"

#if defined(__x86_64__)

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>
#include <x86intrin.h>

#include <array>

namespace quire::tests {
namespace {

/// One access: a load's size is not seen, only that of the store of its register.
struct Seen {
  bool is_store;
  std::uint64_t offset;
  std::uint64_t size;  ///< 0 for a load
  friend bool operator==(const Seen&, const Seen&) = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << (seen.is_store ? "store " : "load ") << seen.offset << "+" << seen.size;
}

constexpr std::uint64_t kTrapFlag = 0x100;
/// Bytes on either side of the target that are watched as well.
constexpr std::size_t kMargin = 64;

/// The state that the handlers work on.
struct Watch {
  unsigned char* source;  // a page
  unsigned char* target;
  std::size_t n;
  const unsigned char* contents;  // of the source
  bool source_is_open = false;
  bool running = false;
  bool strange = false;  // an access that is none of the copy's
  std::array<Seen, 512> seen;
  std::size_t count = 0;

  void note(const Seen& access) {
    if (count == seen.size())
      strange = true;
    else
      seen[count++] = access;
  }
};
Watch* watch = nullptr;

void on_fault(int, siginfo_t* info, void*) {
  auto* const at = static_cast<unsigned char*>(info->si_addr);
  if (watch->source_is_open || at < watch->source || at >= watch->source + kPage) _exit(99);
  watch->note({false, static_cast<std::uint64_t>(at - watch->source), 0});
  mprotect(watch->source, kPage, PROT_READ);
  watch->source_is_open = true;
}

void on_step(int, siginfo_t*, void* context) {
  Watch& w = *watch;
  if (w.source_is_open) mprotect(w.source, kPage, PROT_NONE);
  w.source_is_open = false;
  unsigned char* const start = w.target - kMargin;
  unsigned char* const end = w.target + w.n + kMargin;
  const auto stored = [](unsigned char byte) { return byte != kUntouched; };
  unsigned char* const first = std::find_if(start, end, stored);
  if (first != end) {
    unsigned char* const last = std::find_if_not(first, end, stored);
    const auto offset = first - w.target;
    if (offset < 0 || last > w.target + w.n ||
        std::memcmp(first, w.contents + offset, static_cast<std::size_t>(last - first)) != 0 ||
        std::any_of(last, end, stored)) {
      w.strange = true;
    }
    w.note({true, static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(last - first)});
    std::memset(first, kUntouched, static_cast<std::size_t>(last - first));
  }
  if (!w.running) {
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &=
        ~static_cast<long long>(kTrapFlag);
  }
}

/// Handlers of a signal for as long as it lives.
class Handler {
 public:
  Handler(int signal, void (*handler)(int, siginfo_t*, void*)) : signal_(signal) {
    struct sigaction action {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(signal, &action, &before_);
  }
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  ~Handler() { sigaction(signal_, &before_, nullptr); }

 private:
  int signal_;
  struct sigaction before_ {};
};

std::vector<Seen> seen_of(
    impl::FaultingCopy* copy, unsigned char* target, unsigned char* source,
    const unsigned char* contents, std::size_t n) {
  Watch here{.source = source, .target = target, .n = n, .contents = contents, .seen = {}};
  std::memset(target - kMargin, kUntouched, n + 2 * kMargin);
  watch = &here;
  here.running = true;
  __writeeflags(__readeflags() | kTrapFlag);
  const std::size_t copied = copy(target, source, n);
  here.running = false;
  __writeeflags(__readeflags() & ~kTrapFlag);
  EXPECT_EQ(copied, n);
  EXPECT_FALSE(here.strange);
  return {here.seen.begin(), here.seen.begin() + static_cast<std::ptrdiff_t>(here.count)};
}

/// The accesses of the model.
struct Listed {
  std::vector<Seen> all;
  void block() {}
  void load(std::uint64_t, std::uint64_t offset, std::uint64_t) {
    all.push_back({false, offset, 0});
  }
  void store(std::uint64_t, std::uint64_t offset, std::uint64_t n) {
    all.push_back({true, offset, n});
  }
  void stream(std::uint64_t r, std::uint64_t offset, std::uint64_t n) { store(r, offset, n); }
};

struct Target {
  const char* name;
  proofs::KernelShape shape;
};
constexpr std::array kTargets{
    Target{"sse2", proofs::kKernelShapes[0]}, Target{"avx2", proofs::kKernelShapes[1]},
    Target{"avx512", proofs::kKernelShapes[2]}};

void PrintTo(const Target& target, std::ostream* out) { *out << target.name; }

class KernelModel : public testing::TestWithParam<Target> {
 protected:
  KernelModel() : source_(1), target_(2) {
    contents_.resize(kPage);
    fill_source(contents_.data(), kPage);
    std::copy(contents_.begin(), contents_.end(), source_.at(0));
    source_.protect(0, PROT_NONE);
  }

  void SetUp() override {
    for (const impl::CopyEngine& engine : impl::copy_engines()) {
      if (engine.name == std::string(GetParam().name)) engine_ = &engine;
    }
    ASSERT_NE(engine_, nullptr);
    if (!engine_->supported()) GTEST_SKIP() << "this CPU has no " << GetParam().name;
  }

  void expect_like_model(bool streams, std::size_t n, std::size_t misalignment) {
    unsigned char* const to = target_.at(kMargin + misalignment);
    Listed model;
    proofs::CopyKernel<std::uint64_t, Listed> kernel(
        GetParam().shape, reinterpret_cast<std::uintptr_t>(to), n, model);
    streams ? kernel.stream() : kernel.copy();
    ASSERT_EQ(
        seen_of(streams ? engine_->stream : engine_->copy, to, source_.at(0), contents_.data(), n),
        model.all)
        << GetParam().name << (streams ? " stream" : " copy") << ", n = " << n
        << ", to % 64 = " << misalignment;
  }

  const impl::CopyEngine* engine_ = nullptr;
  Area source_, target_;
  std::vector<unsigned char> contents_;
  Handler fault_{SIGSEGV, on_fault}, step_{SIGTRAP, on_step};
};

INSTANTIATE_TEST_SUITE_P(Targets, KernelModel, testing::ValuesIn(kTargets), [](const auto& test) {
  return std::string(test.param.name);
});

TEST_P(KernelModel, MakesTheAccessesOfEveryLength) {
  const std::size_t all = 3 * GetParam().shape.block + GetParam().shape.vector;
  for (std::size_t n = 0; n <= all && !HasFatalFailure(); ++n) {
    expect_like_model(false, n, 7 * n % 64);
  }
}

TEST_P(KernelModel, MakesTheAccessesOfEveryAlignment) {
  const std::size_t block = GetParam().shape.block;
  for (std::size_t to = 0; to < 64 && !HasFatalFailure(); ++to) {
    for (const std::size_t n : {block, block + 1, block + 40, 2 * block + 63}) {
      expect_like_model(false, n, to);
    }
  }
}

TEST_P(KernelModel, MakesTheAccessesOfStreams) {
  for (std::size_t n = 1000; n <= 1700 && !HasFatalFailure(); n += n < 1030 ? 1 : 37) {
    expect_like_model(true, n, 7 * n % 64);
  }
  for (std::size_t to = 0; to < 64 && !HasFatalFailure(); ++to) {
    expect_like_model(true, 1025 + to, to);
  }
}

}  // namespace
}  // namespace quire::tests

#endif
