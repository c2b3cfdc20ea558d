#include "props/signals/signal_run.h"

#include "impl/user_memory/copy/copy.h"
#include "impl/user_memory/copy/copy_engine.h"
#include "impl/user_memory/copy/fault_watch.h"
#include "props/device/descriptor.h"
#include "props/memory/copied_bytes.h"
#include "props/memory/pattern.h"
#include "props/signals/signal_judge.h"

#include <quire/fault_handler.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <utility>

namespace quire::props {
namespace {

constexpr std::size_t kPages = 6;  // that a copy can be long
constexpr std::size_t kGood = kPages * kPage;
constexpr std::size_t kTargetBytes = kGood + 3 * kPage;
constexpr std::size_t kSharedBytes = kTargetBytes + pages_of(sizeof(Observed)) * kPage;
/// A fork that takes more of the processor's time hangs; so does one that lives so long.
constexpr rlim_t kForkCpuSeconds = 2;
constexpr unsigned kForkSeconds = 50;

bool may_die(const SignalCase& c) {
  return c.host.once ||
         (c.host.kind != HostAction::Kind::siginfo && c.host.kind != HostAction::Kind::plain);
}

}  // namespace

std::vector<CopyKernel> copy_kernels() {
  std::vector<CopyKernel> kernels;
  for (const impl::CopyEngine& engine : impl::copy_engines()) {
    if (!engine.supported()) continue;
    const std::string name = engine.name;
    kernels.push_back({name + " copy", engine.copy});
    if (engine.stream != engine.copy) kernels.push_back({name + " stream", engine.stream});
  }
  return kernels;
}

SignalRun::Source::Source(Tail tail)
    : memory((1 + 2 * kPages) * kPage, PROT_NONE), good(memory.data() + kPage) {
  if (tail == Tail::no_access) return;
  const Descriptor file(::memfd_create("quire-check", MFD_CLOEXEC));
  check_call(static_cast<bool>(file), "memfd_create");
  check_call(::ftruncate(file.get(), kGood) == 0, "ftruncate");
  check_call(
      ::mmap(good, 2 * kGood, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file.get(), 0) ==
          good,
      "mmap");
}

const std::byte* SignalRun::Source::place(const SignalCase& c) {
  const std::size_t pages = std::max<std::size_t>(1, pages_of(c.readable));
  std::byte* const start = good + (kPages - pages) * kPage;
  check_call(::mprotect(memory.data(), kPage + kGood, PROT_NONE) == 0, "mprotect");
  check_call(::mprotect(start, pages * kPage, PROT_READ | PROT_WRITE) == 0, "mprotect");
  std::byte* const from = c.at_front ? start : good + kGood - c.readable;
  fill_pattern({from, c.readable}, 1, 0);
  return from;
}

SignalRun::SignalRun(std::vector<CopyKernel> kernels, bool waits)
    : kernels_(std::move(kernels)),
      guard_(kPage, PROT_NONE),
      shared_(static_cast<std::byte*>(::mmap(
          nullptr, kSharedBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {
  check_call(shared_ != MAP_FAILED, "mmap");
  observed_ = new (shared_ + kTargetBytes) Observed();
  // The first call of a process installs libquire's handler.
  static_cast<void>(impl::copy_engine());
  quire::install_fault_handler();
  if (!waits) return;
  late_ =
      std::make_unique<LatePages>((2 + 2 * kPages) * kPage, std::chrono::microseconds{0}, [this] {
        if (Host* const host = host_.load()) host->page_is_awaited();
      });
}

SignalRun::~SignalRun() {
  late_.reset();
  ::munmap(shared_, kSharedBytes);
}

/// A page without access, the pages of the source, and pages without access.
const std::byte* SignalRun::place_late(const SignalCase& c) {
  const std::size_t gap = c.at_front ? 0 : (kPage - c.readable % kPage) % kPage;
  const std::size_t before = kPage + gap;
  late_bytes_ = kPage + pages_of(gap + c.readable) * kPage + kGood;
  // The pattern begins with the source: its positions before that are negative ones.
  late_pages_ = late_->add(
      {.size = late_bytes_, .misalignment = 0, .seed = 1, .first = std::uint64_t{0} - before});
  check_call(::mprotect(late_pages_, kPage, PROT_NONE) == 0, "mprotect");
  std::byte* const tail = late_pages_ + late_bytes_ - kGood;
  check_call(::mprotect(tail, kGood, PROT_NONE) == 0, "mprotect");
  return late_pages_ + before;
}

std::optional<Failure> SignalRun::run(const SignalCase& c) {
  const bool waits =
      std::ranges::any_of(c.befalls, [](const Befalls& b) { return b.moment == Moment::waiting; });
  const std::byte* const from =
      waits ? place_late(c) : (c.tail == Tail::no_access ? no_access_ : past_the_end_).place(c);
  const CopyMemory copy_memory{shared_ + kPage + c.to_misalignment, from, guard_.data()};
  poison_target(copy_memory.to, c.bytes);
  new (observed_) Observed();
  died_ = 0;
  if (may_die(c))
    play_in_fork(c, copy_memory);
  else
    play(c, copy_memory, false);
  if (waits) {
    check_call(::mprotect(late_pages_, late_bytes_, PROT_READ | PROT_WRITE) == 0, "mprotect");
    late_->clear();
  }
  const std::string& kernel = kernels_[c.kernel].name;
  if (observed_->copy_returned) {
    if (auto wrong = judge_copied(kernel, copy_memory.to, observed_->copied, c.readable))
      return wrong;
  }
  return judge_signals(c, copy_memory, kernel, *observed_, died_);
}

void SignalRun::play(const SignalCase& c, const CopyMemory& copy_memory, bool may_die) {
  const CopyCall& kernel = kernels_[c.kernel].copy;
  Host host(c, copy_memory, kernel, may_die, *observed_);
  host_ = &host;
  host.run([&] {
    if (!c.by_call) return kernel(copy_memory.to, copy_memory.from, c.bytes);
    // As the first call in a tick of the clock.
    impl::check_faults_again();
    impl::watch_faults();
    return impl::copy_from_user(copy_memory.to, copy_memory.from, c.bytes);
  });
  host_ = nullptr;
}

void SignalRun::play_in_fork(const SignalCase& c, const CopyMemory& copy_memory) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  check_call(child >= 0, "fork");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    const rlimit cpu{kForkCpuSeconds, kForkCpuSeconds};
    ::setrlimit(RLIMIT_CPU, &cpu);
    ::alarm(kForkSeconds);
    play(c, copy_memory, true);
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  died_ = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace quire::props
