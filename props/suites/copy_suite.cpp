// The suite that holds every copy engine to its exact count.
#include "impl/user_memory/copy/copy.h"
#include "impl/user_memory/copy/copy_engine.h"
#include "impl/user_memory/copy/fault_handler.h"
#include "props/memory/copied_bytes.h"
#include "props/memory/user_buffer.h"
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"

#include <fmt/format.h>

#include <vector>

namespace quire::props {
namespace {

struct CopyCase {
  std::size_t bytes, readable, to_misalignment, from_misalignment;
};

void showValue(const CopyCase& c, std::ostream& os) {
  os << fmt::format("{} bytes, unreadable from byte {} on", c.bytes, c.readable);
}

rc::Gen<CopyCase> arbitrary_copy() {
  using rc::gen::inRange;
  const auto bytes = rc::gen::weightedOneOf<std::size_t>(
      {{6, inRange<std::size_t>(0, 700)},
       {3, inRange<std::size_t>(0, 20000)},
       {1, inRange<std::size_t>(0, 2 << 20)}});
  return rc::gen::resize(rc::kNominalSize, rc::gen::mapcat(bytes, [](std::size_t n) {
                           return rc::gen::apply(
                               [n](std::size_t readable, std::size_t to, std::size_t from) {
                                 return CopyCase{n, readable, to, from};
                               },
                               rc::gen::oneOf(rc::gen::just(n), inRange<std::size_t>(0, n + 1)),
                               inRange<std::size_t>(0, 4096), inRange<std::size_t>(0, 4096));
                         }));
}

/// Runs one case through one kernel of an engine.
std::optional<Failure> check(
    const impl::CopyEngine& engine, impl::FaultingCopy* copy, const CopyCase& c, UserMemory& memory,
    std::vector<std::byte>& arena) {
  memory.clear();
  const BufferKind kind = c.readable < c.bytes ? BufferKind::ends_in_prot_none : BufferKind::plain;
  const UserBuffer from = memory.source({kind, c.bytes, c.readable, c.from_misalignment}, 1);
  const auto start = reinterpret_cast<std::uintptr_t>(arena.data());
  std::byte* const to = arena.data() + (4096 - start % 4096) + 4096 + c.to_misalignment;
  poison_target(to, c.bytes);

  return judge_copied(engine.name, to, copy(to, from.data, c.bytes), c.readable);
}

SuiteResult run_copy(const Options& options) {
  SuiteResult result{.suite = "copy", .device = "none"};
  quire::install_fault_handler();
  UserMemory memory;
  std::vector<std::byte> arena(3 << 20);
  const auto failed = run_cases(
      "copy", options, arbitrary_copy(),
      [&](const CopyCase& c) -> std::optional<Failure> {
        for (const impl::CopyEngine& engine : impl::copy_engines()) {
          if (!engine.supported()) continue;
          if (auto failure = check(engine, engine.copy, c, memory, arena)) return failure;
          if (auto failure = check(engine, engine.stream, c, memory, arena)) return failure;
        }
        return std::nullopt;
      },
      result.cases);
  for (const impl::CopyEngine& engine : impl::copy_engines()) {
    result.coverage.emplace_back(
        std::string("engine ") + engine.name, engine.supported() ? result.cases : 0);
    if (!engine.supported()) {
      result.reason +=
          fmt::format("{}this CPU has no {}", result.reason.empty() ? "" : "; ", engine.name);
    }
  }
  if (failed) report(result, *failed);
  return result;
}

}  // namespace

std::vector<Suite> copy_suites() {
  return {
      {"copy",
       "Every copy engine copies exactly up to the first byte that faults, and nothing else.",
       "IT-5", run_copy, false, true}};
}

}  // namespace quire::props
