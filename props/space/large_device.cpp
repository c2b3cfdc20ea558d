#include "props/space/large_device.h"

#include "props/space/law_abiding_caller.h"

#include <rapidcheck.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QUIRE_SANITIZED 1
#else
#define QUIRE_SANITIZED 0
#endif

namespace quire::props {
namespace {

constexpr rlim_t kSecondsMax = 5;
constexpr rlim_t kBytesMax = rlim_t{2} << 30;

void limit(decltype(RLIMIT_CPU) what, rlim_t most) {
  const rlimit limits{most, most};
  ::setrlimit(what, &limits);
}

/// Few calls: one that looks at each block takes seconds.
void call_large_device(const AllocatorKind& kind) {
  LawAbidingCaller caller(kind, kLargeDevice);
  caller.reserve(kLargeDevice - 65);
  caller.reserve(66);
  caller.allocate({.want = 1, .goal = kLargeDevice - 3}, 1);
  caller.release(caller.holds().grant_of(0));
  caller.unreserve(caller.holds().reserved);
}

[[noreturn]] void try_in_child(const AllocatorKind& kind, int answer) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kSecondsMax);
  ::alarm(2 * kSecondsMax);                             // one that sleeps
  if (!QUIRE_SANITIZED) limit(RLIMIT_DATA, kBytesMax);  // shadow memory is larger
  try {
    call_large_device(kind);
  } catch (const rc::detail::CaseResult& broken) {
    [[maybe_unused]] const auto sent =
        ::write(answer, broken.description.data(), broken.description.size());
  } catch (...) {
  }
  ::_exit(0);
}

}  // namespace

std::optional<std::string> fault_of_large_device(const AllocatorKind& kind) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return std::nullopt;
  const pid_t child = ::fork();
  if (child == 0) try_in_child(kind, pipe[1]);
  ::close(pipe[1]);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t n; child > 0 && (n = ::read(pipe[0], part.data(), part.size())) > 0;)
    text.append(part.data(), static_cast<std::size_t>(n));
  ::close(pipe[0]);
  if (child > 0) ::waitpid(child, nullptr, 0);
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace quire::props
