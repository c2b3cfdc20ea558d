// What happens beside a command: faults, and the calls of other threads.
#include "props/peers/arbitrary_commands.h"

#include <rapidcheck.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

/// A call of another thread, which may run where ref's model of XFS lets it.
rc::Gen<Actor> actor() {
  return gen::apply(
      [](YieldPoint point, Number at, Action action, Number file) {
        Command c;
        c.action = action;
        c.file = file;
        return Actor{point, at, 0, c};
      },
      gen::element(YieldPoint::mapped, YieldPoint::folio_wanted),
      gen::weightedOneOf<Number>(
          {{2, gen::just<Number>(0)},
           {2, gen::inRange<Number>(0, 4)},
           {1, gen::inRange<Number>(0, 20)}}),
      gen::weightedElement<Action>(
          {{3, Action::fsync}, {2, Action::drop_cache}, {2, Action::store_mapped}}),
      gen::inRange<Number>(0, 2));
}

/// A file is written back, and its folios are dropped, before the command gets the lock of one: its
/// bytes then lie where a mapping made before does not say.
std::vector<Actor> eviction(Number file, YieldPoint point, Number at) {
  Command sync, drop;
  sync.action = Action::fsync;
  drop.action = Action::drop_cache;
  sync.file = drop.file = file;
  return {{point, at, 0, sync}, {YieldPoint::folio_wanted, at, 0, drop}};
}

}  // namespace

FaultWeights kinds_of_fault(const Command& during) {
  switch (during.action) {
    case Action::write:
      return {{3, FaultKind::read}, {2, FaultKind::memory}, {2, FaultKind::write}};
    case Action::read: return {{3, FaultKind::read}, {1, FaultKind::memory}};
    case Action::truncate:
      return {{3, FaultKind::read}, {1, FaultKind::memory}, {2, FaultKind::write}};
    case Action::fsync:
    case Action::fdatasync:
    case Action::syncfs:
      return {{4, FaultKind::write}, {1, FaultKind::flush}, {1, FaultKind::read}};
    case Action::write_back: return {{4, FaultKind::write}, {1, FaultKind::read}};
    default: return {};
  }
}

FaultWeights kinds_of_fault_of_f2fs(const Command& during) {
  FaultWeights kinds = kinds_of_fault(during);
  if (!kinds.empty()) kinds.push_back({1, FaultKind::damage});
  return kinds;
}

rc::Gen<Command> with_actors(rc::Gen<Command> commands) {
  const auto actors =
      gen::resize(2, gen::container<std::vector<Actor>>(gen::resize(rc::kNominalSize, actor())));
  return gen::apply(
      [](Command c, const std::vector<Actor>& drawn, bool evicts, YieldPoint point, Number at) {
        // A folio that is stored to stays locked from its mapping on.
        if (c.action == Action::store_mapped) return c;
        const std::vector<Actor> all = evicts ? eviction(c.file, point, at) : drawn;
        if (moves_bytes(c)) c = waiting(std::move(c));
        c.actors.assign(all.begin(), all.end());
        return c;
      },
      std::move(commands), actors, gen::element(false, true),
      gen::element(YieldPoint::mapped, YieldPoint::folio_wanted),
      gen::weightedElement<Number>({{3, 0}, {1, 1}}));
}

rc::Gen<Command> with_evictions(rc::Gen<Command> commands) {
  return gen::apply(
      [](Command c, bool evicts, Number file, Number at) {
        const bool writes = c.action == Action::write || c.action == Action::write_mapped ||
                            c.action == Action::truncate || c.action == Action::fsync;
        if (!evicts || !writes) return c;
        if (moves_bytes(c)) c = waiting(std::move(c));
        Command drop;
        drop.action = Action::drop_cache;
        drop.file = file == 2 ? c.file : file;
        c.actors.push_back({YieldPoint::collected, at, 0, drop});
        return c;
      },
      std::move(commands), gen::element(false, true), gen::inRange<Number>(0, 3),
      gen::weightedElement<Number>({{3, 0}, {1, 1}}));
}

std::vector<Command> dropped_before_reads(const std::vector<Command>& commands) {
  std::vector<Command> all;
  bool drops = false;
  for (const Command& c : commands) {
    const bool reads = c.fault && c.fault->kind == FaultKind::read;
    if (reads) drops = !drops;
    if (reads && drops) {
      Command drop;
      drop.action = Action::drop_cache;
      drop.file = c.file;
      all.push_back(drop);
    }
    all.push_back(c);
  }
  return all;
}

}  // namespace quire::props
