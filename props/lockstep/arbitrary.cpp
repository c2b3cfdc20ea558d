#include "props/lockstep/arbitrary.h"

#include "props/differential/pieces.h"

#include <rapidcheck.h>

#include <algorithm>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

rc::Gen<Command> truncate(Number universe) {
  return gen::apply(
      [](Number file, Number length) {
        return Command{Action::truncate, file, 0, {}, length, false};
      },
      gen::inRange<Number>(0, 2), near_edges(universe));
}

rc::Gen<Command> command(Number universe, bool late) {
  return gen::weightedOneOf<Command>(
      {{12, transfer(Action::write, universe, late)},
       {4, transfer(Action::read, universe, late)},
       {2, plain(Action::fsync)},
       {3, truncate(universe)},
       {3, plain(Action::drop_cache)},
       {1, plain(Action::reopen)}});
}

/// RapidCheck narrows ranges at small sizes; here only the length of a sequence may depend on the
/// size.
template <class T>
rc::Gen<T> at_full_size(rc::Gen<T> gen) {
  return gen::resize(rc::kNominalSize, std::move(gen));
}

}  // namespace

rc::Gen<Setting> arbitrary_setting(const Bounds& bounds, Number universe) {
  std::vector<Number> sizes;
  for (Number size = 4096; size >= bounds.block_size_min; size /= 2) sizes.push_back(size);
  const Number room = std::min(bounds.device_bytes, 2 * universe + 65536);
  return gen::apply(
      [](Number block_size, Number bytes, Number folio_max, Number dirty_max) {
        return Setting{block_size, std::max<Number>(bytes / block_size, 16), folio_max, dirty_max};
      },
      gen::elementOf(sizes),
      gen::weightedOneOf<Number>(
          {{3, gen::just(room)}, {1, gen::inRange<Number>(kDeviceBytesMin, room + 1)}}),
      gen::weightedElement<Number>({{4, 2 << 20}, {1, 4096}, {1, 65536}}),
      gen::weightedElement<Number>({{5, 64 << 20}, {1, 8192}}));
}

rc::Gen<std::vector<Command>> arbitrary_commands(const Bounds& bounds, Number universe, int size) {
  return gen::resize(
      size,
      gen::container<std::vector<Command>>(at_full_size(command(universe, bounds.late_memory))));
}

rc::Gen<Case> arbitrary_case(const Bounds& bounds) {
  const auto universe = gen::weightedElement<Number>({{8, 16 << 10}, {4, 256 << 10}, {2, 6 << 20}});
  return gen::mapcat(universe, [=](Number n) {
    // Many commands on a small file, few on a large one: both cost about the same.
    const int length = n > (1 << 20) ? 8 : 25;
    return gen::apply(
        [](const Setting& s, std::vector<Command> commands) {
          return Case{s, std::move(commands)};
        },
        at_full_size(arbitrary_setting(bounds, n)), arbitrary_commands(bounds, n, length));
  });
}

}  // namespace quire::props
