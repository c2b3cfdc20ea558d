#include "props/space/large_device.h"

#include "props/space/law_abiding_caller.h"
#include "props/watchdog/watched_process.h"

#include <rapidcheck.h>
#include <sys/resource.h>

namespace quire::props {
namespace {

/// Memory of a build with AddressSanitizer cannot be limited: it maps terabytes.
#ifdef __SANITIZE_ADDRESS__
constexpr rlim_t kBytesMax = RLIM_INFINITY;
#else
constexpr rlim_t kBytesMax = rlim_t{2} << 30;
#endif

void limit(decltype(RLIMIT_DATA) what, rlim_t most) {
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

/// The law that is broken; empty if none is, or the allocator cannot be tried.
std::string law_broken_by(const AllocatorKind& kind) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_DATA, kBytesMax);
  try {
    call_large_device(kind);
  } catch (const rc::detail::CaseResult& broken) {
    return broken.description;
  } catch (...) {
  }
  return "";
}

}  // namespace

std::optional<std::string> fault_of_large_device(const AllocatorKind& kind) {
  Board board(1);
  const HangLimits::Time most{5};
  const HangLimits limits{.outside = most};
  const Ending ending =
      run_watched({{[&] { return law_broken_by(kind); }, &board.journal(0)}}, limits, {}, {})[0];
  if (ending.kind != Ending::Kind::answered || ending.answer.empty()) return std::nullopt;
  return ending.answer;
}

}  // namespace quire::props
