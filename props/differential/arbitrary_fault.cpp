#include "props/differential/arbitrary_fault.h"

#include <rapidcheck.h>

#include <cerrno>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

rc::Gen<FaultKind> fault_kind(const FaultWeights& weights) {
  std::vector<FaultKind> kinds;
  for (const auto& [weight, kind] : weights) kinds.insert(kinds.end(), weight, kind);
  return gen::elementOf(kinds);
}

rc::Gen<Fault> fault(const FaultWeights& weights) {
  return gen::mapcat(fault_kind(weights), [](FaultKind kind) {
    return gen::apply(
        [kind](Number after, FaultReach reach, int error) {
          const int fixed = kind == FaultKind::memory ? ENOMEM : EIO;
          const bool is_free = kind != FaultKind::memory && kind != FaultKind::damage;
          return Fault{kind, after, reach, is_free ? error : fixed};
        },
        gen::weightedOneOf<Number>(
            {{6, gen::just<Number>(0)},
             {3, gen::inRange<Number>(0, 4)},
             {1, gen::inRange<Number>(0, 40)}}),
        gen::element(FaultReach::once, FaultReach::place, FaultReach::all),
        gen::weightedElement<int>({{3, EIO}, {1, ENOSPC}, {2, ENOMEM}}));
  });
}

rc::Seq<Command> simpler_than(Command&& c) {
  std::vector<Command> simpler;
  if (c.fault) {
    simpler.push_back(c);
    simpler.back().fault.reset();
    if (c.fault->after != 0) {
      simpler.push_back(c);
      simpler.back().fault->after = c.fault->after / 2;
    }
  }
  if (c.handle != 0) {
    simpler.push_back(c);
    simpler.back().handle = 0;
  }
  return rc::seq::fromContainer(std::move(simpler));
}

}  // namespace

rc::Gen<Command> with_fault(
    std::function<FaultWeights(const Command&)> kinds, rc::Gen<Command> commands) {
  const auto drawn = gen::mapcat(std::move(commands), [kinds](const Command& c) {
    const FaultWeights weights = kinds(c);
    if (weights.empty()) return gen::just(c);
    const auto failing = gen::map(fault(weights), [c](const Fault& f) {
      Command with = c;
      with.fault = f;
      return with;
    });
    return gen::weightedOneOf<Command>({{1, gen::just(c)}, {1, failing}});
  });
  return gen::shrink(drawn, [](Command&& c) { return simpler_than(std::move(c)); });
}

std::vector<Command> clean_before_drops(const std::vector<Command>& commands) {
  std::vector<Command> all;
  for (const Command& c : commands) {
    if (c.action == Action::drop_cache)
      all.push_back(Command{Action::fsync, c.file, 0, {}, 0, false});
    all.push_back(c);
  }
  return all;
}

}  // namespace quire::props
