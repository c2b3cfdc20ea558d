#include "props/lockstep/arbitrary.h"

#include "props/differential/arbitrary_fault.h"
#include "props/differential/large_devices.h"
#include "props/differential/pieces.h"

#include <rapidcheck.h>

#include <algorithm>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

rc::Gen<Command> truncate(const Windows& windows) {
  return gen::apply(
      [](Number file, Number length) {
        return Command{Action::truncate, file, 0, {}, length, false};
      },
      gen::inRange<Number>(0, 2), position(windows));
}

/// By the first handle of a file, or by another one.
rc::Gen<Command> by_a_handle(Action action) {
  return gen::apply(
      [](Command c, Number handle) {
        c.handle = handle;
        return c;
      },
      plain(action), gen::weightedElement<Number>({{4, 0}, {1, 1}}));
}

/// Commands for faults, which need blocks that are on the device and not cached.
rc::Gen<Command> command_to_fail(const Windows& windows, bool late) {
  const auto any = gen::weightedOneOf<Command>(
      {{7, transfer(Action::write, windows, late)},
       {4, transfer(Action::read, windows, late)},
       {5, by_a_handle(Action::fsync)},
       {3, truncate(windows)},
       {5, plain(Action::drop_cache)},
       {1, by_a_handle(Action::reopen)}});
  // Mostly to one file, so that its commands meet.
  return gen::apply(
      [](Command c, bool first) {
        if (first) c.file = 0;
        return c;
      },
      any, gen::weightedElement<bool>({{3, true}, {1, false}}));
}

/// fsyncs: how often a command is one, among some 23 others.
rc::Gen<Command> command(const Windows& windows, bool late, std::size_t fsyncs = 2) {
  return gen::weightedOneOf<Command>(
      {{12, transfer(Action::write, windows, late)},
       {4, transfer(Action::read, windows, late)},
       {fsyncs, by_a_handle(Action::fsync)},
       {3, truncate(windows)},
       {3, plain(Action::drop_cache)},
       {1, by_a_handle(Action::reopen)}});
}

/// The kinds of fault that can strike a command, and how often each is drawn.
FaultWeights fault_kinds(const Command& during) {
  switch (during.action) {
    case Action::write:
      return {{3, FaultKind::read}, {2, FaultKind::memory}, {2, FaultKind::write}};
    case Action::fsync: return {{3, FaultKind::write}, {1, FaultKind::flush}};
    case Action::read:
    case Action::truncate: return {{3, FaultKind::read}, {1, FaultKind::memory}};
    default: return {};
  }
}

/// A call of a second thread, mostly to the command's file. It syncs and reopens another handle.
rc::Gen<Command> actor_command(const Windows& windows, const Command& during) {
  const auto any = gen::weightedOneOf<Command>(
      {{4, transfer(Action::write, windows, false)},
       {3, transfer(Action::read, windows, false)},
       {4, plain(Action::fsync)},
       {2, truncate(windows)},
       {3, plain(Action::drop_cache)},
       {1, plain(Action::reopen)}});
  return gen::apply(
      [file = during.file, handle = during.handle](Command c, bool other) {
        c.file = other ? 1 - file : file;
        c.at = std::max<std::int64_t>(c.at, 0);
        if (c.action == Action::fsync || c.action == Action::reopen) c.handle = 1 - handle;
        return c;
      },
      any, gen::weightedElement<bool>({{4, false}, {1, true}}));
}

/// The points that a command of this kind passes; more than once those that it passes seldom and at
/// which much can happen.
std::vector<YieldPoint> points_of(Action action) {
  using enum YieldPoint;
  switch (action) {
    case Action::write:
      return {folio_wanted, folio_held, folio_dropped, memory, throttle, device, other_lock};
    case Action::read: return {folio_wanted, folio_held, folio_dropped, memory, device, other_lock};
    case Action::fsync:
      return {folio_wanted, folio_held, folio_dropped, device, device, device, device, other_lock};
    default: return {folio_wanted, folio_held, folio_dropped, other_lock};
  }
}

rc::Gen<Actor> actor(const Windows& windows, const Command& c) {
  const auto up_to = [](Number n) { return gen::inRange<Number>(0, n); };
  return gen::apply(
      [](YieldPoint point, Number at, Number pause, Command call) {
        return Actor{point, at, pause, std::move(call)};
      },
      gen::elementOf(points_of(c.action)),
      gen::weightedOneOf<Number>({{3, up_to(3)}, {1, up_to(20)}}),
      gen::weightedOneOf<Number>({{4, gen::just<Number>(0)}, {2, up_to(8)}, {1, up_to(40)}}),
      actor_command(windows, c));
}

/// RapidCheck narrows ranges at small sizes; here only the length of a sequence may depend on the
/// size.
template <class T>
rc::Gen<T> at_full_size(rc::Gen<T> gen) {
  return gen::resize(rc::kNominalSize, std::move(gen));
}

/// A command with up to two actors.
rc::Gen<Command> command_with_actors(const Windows& windows, bool late) {
  return gen::mapcat(command(windows, late, 7), [=](const Command& c) {
    const auto actors =
        gen::resize(2, gen::container<std::vector<Actor>>(at_full_size(actor(windows, c))));
    return gen::map(actors, [c](std::vector<Actor> drawn) {
      Command whole = c;
      whole.actors.assign(drawn.begin(), drawn.end());
      return whole;
    });
  });
}

}  // namespace

rc::Gen<Setting> arbitrary_setting(const Bounds& bounds, Number universe) {
  std::vector<Number> sizes;
  for (Number size = 4096; size >= bounds.block_size_min; size /= 2) sizes.push_back(size);
  const Number room = std::min(bounds.device_bytes, 2 * universe + 65536);
  const auto setting = gen::apply(
      [](Number block_size, Number bytes, Number folio_max, Number dirty_max, Number allocator) {
        Setting s{block_size, std::max<Number>(bytes / block_size, 16), folio_max, dirty_max};
        s.allocator = allocator;
        return s;
      },
      gen::elementOf(sizes),
      gen::weightedOneOf<Number>(
          {{3, gen::just(room)}, {1, gen::inRange<Number>(kDeviceBytesMin, room + 1)}}),
      gen::weightedElement<Number>({{4, 2 << 20}, {1, 4096}, {1, 65536}}),
      gen::weightedElement<Number>({{5, 64 << 20}, {1, 8192}}),
      gen::weightedElement<Number>({{3, 0}, {1, 1}, {1, 2}}));
  return bounds.device_bytes < kLargeDeviceBytes ? setting : sometimes_far(setting);
}

rc::Gen<std::vector<Command>> arbitrary_commands(
    const Bounds& bounds, const Windows& windows, int size, Besides besides) {
  const auto sequence = [size](rc::Gen<Command> each) {
    return gen::resize(size, gen::container<std::vector<Command>>(at_full_size(std::move(each))));
  };
  switch (besides) {
    case Besides::faults:
      return gen::map(
          sequence(with_fault(fault_kinds, command_to_fail(windows, bounds.late_memory))),
          clean_before_drops);
    case Besides::actors: return sequence(command_with_actors(windows, bounds.late_memory));
    default: return sequence(command(windows, bounds.late_memory));
  }
}

rc::Gen<Case> arbitrary_case(const Bounds& bounds) {
  const auto universe = gen::weightedElement<Number>({{8, 16 << 10}, {4, 256 << 10}, {2, 6 << 20}});
  const auto windows = at_full_size(gen::mapcat(universe, any_windows));
  return gen::mapcat(windows, [=](const Windows& w) {
    const Number n = w.bytes;
    // Many commands on a small file, few on a large one: both cost about the same.
    const int length = n > (1 << 20) ? 8 : 25;
    const auto commands = [&](Besides besides) {
      return arbitrary_commands(bounds, w, length, besides);
    };
    // A second thread works at small positions alone.
    const std::size_t near = w.starts.size() == 1 ? 1 : 0;
    return gen::apply(
        [](const Setting& s, std::vector<Command> drawn) {
          return Case{s, std::move(drawn)};
        },
        at_full_size(arbitrary_setting(bounds, n)),
        gen::weightedOneOf<std::vector<Command>>(
            {{2 - near, commands(Besides::nothing)},
             {1, commands(Besides::faults)},
             {near, commands(Besides::actors)}}));
  });
}

}  // namespace quire::props
