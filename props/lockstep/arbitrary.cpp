#include "props/lockstep/arbitrary.h"

#include "spec/geometry.h"

#include <rapidcheck.h>

#include <algorithm>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

/// A number below `end`; often a multiple of 512, of a page or of the largest folio, or one beside
/// it.
rc::Gen<Number> near_edges(Number end) {
  const auto beside = [end](Number unit) {
    return gen::apply(
        [end, unit](Number n, int off) {
          const Number at = n * unit + static_cast<Number>(off);
          return std::min(at, end - 1);  // one below zero wraps to the end
        },
        gen::inRange<Number>(0, end / unit + 1), gen::element(0, 1, -1));
  };
  const std::size_t folios = end > spec::kFolioSizeMax ? 4 : 0;
  return gen::weightedOneOf<Number>(
      {{3, gen::inRange<Number>(0, end)},
       {3, beside(spec::kPageSize)},
       {2, beside(512)},
       {folios, beside(spec::kFolioSizeMax)}});
}

/// The bytes of one segment: from 0 to `most`. In a small file small ones are common; in one that
/// is larger than a folio, ones that fill folios.
rc::Gen<Number> segment_bytes(Number most) {
  const auto up_to = [most](Number n) { return gen::inRange<Number>(1, std::min(n, most) + 1); };
  const auto sectors = gen::map(
      up_to(16 * spec::kPageSize), [](Number n) { return std::max<Number>(n & ~Number{511}, 1); });
  if (most < spec::kFolioSizeMax) {
    return gen::weightedOneOf<Number>(
        {{1, gen::just<Number>(0)},
         {5, up_to(600)},
         {5, up_to(3 * spec::kPageSize)},
         {3, sectors},
         {2, up_to(most)}});
  }
  return gen::weightedOneOf<Number>(
      {{1, gen::just<Number>(0)},
       {2, up_to(600)},
       {2, up_to(3 * spec::kPageSize)},
       {1, sectors},
       {3, up_to(most)},
       {3, gen::just(spec::kFolioSizeMax)}});
}

rc::Gen<BufferKind> kind(bool late) {
  if (!late) {
    return gen::weightedElement<BufferKind>(
        {{10, BufferKind::plain},
         {4, BufferKind::ends_in_prot_none},
         {2, BufferKind::ends_in_sigbus},
         {2, BufferKind::hole_in_middle}});
  }
  return gen::weightedElement<BufferKind>(
      {{20, BufferKind::plain},
       {8, BufferKind::ends_in_prot_none},
       {4, BufferKind::ends_in_sigbus},
       {4, BufferKind::hole_in_middle},
       {1, BufferKind::supplied_late}});
}

/// A segment whose start, where it may be chosen, is often 0 to 31 bytes off the file position
/// modulo a page: the zone where copies alias.
rc::Gen<BufferShape> segment(Number most, Number at, bool late) {
  return gen::mapcat(segment_bytes(most), [=](Number bytes) {
    const auto aliasing = gen::map(gen::inRange<Number>(0, 32), [=](Number off) {
      return static_cast<std::size_t>((at - off) % spec::kPageSize);
    });
    return gen::apply(
        [=](BufferKind k, Number readable, std::size_t misalignment) {
          BufferShape shape{k, bytes, 0, 0};
          if (k == BufferKind::plain || k == BufferKind::supplied_late) {
            shape.misalignment = misalignment;
          } else {
            shape.readable = std::min(readable, bytes);
          }
          return shape;
        },
        kind(late), near_edges(bytes + 1),
        gen::weightedOneOf<std::size_t>(
            {{2, gen::just<std::size_t>(0)},
             {1, gen::inRange<std::size_t>(0, spec::kPageSize)},
             {2, aliasing}}));
  });
}

/// One to five segments of at most `most` bytes together; one is by far the most common.
rc::Gen<std::vector<BufferShape>> memory(Number most, Number at, bool late) {
  const auto one = gen::map(
      segment(most, at, late), [](const BufferShape& s) { return std::vector<BufferShape>{s}; });
  return gen::weightedOneOf<std::vector<BufferShape>>(
      {{3, one},
       {1, gen::resize(
               5, gen::container<std::vector<BufferShape>>(
                      gen::resize(rc::kNominalSize, segment(most / 5 + 1, at, late))))}});
}

rc::Gen<Command> transfer(Action action, Number universe, bool late) {
  return gen::mapcat(near_edges(universe), [=](Number pos) {
    const Number most = std::min<Number>(universe, UserMemory::kBytesMax / 2);
    return gen::apply(
        [=](Number file, std::vector<BufferShape> shapes, bool at_position, bool look_back) {
          Command c{action, file, static_cast<std::int64_t>(pos), std::move(shapes), 0, look_back};
          if (at_position) c.at = -1;
          return c;
        },
        gen::inRange<Number>(0, 2), memory(most, pos, late),
        gen::weightedElement<bool>({{6, false}, {1, true}}),
        gen::weightedElement<bool>({{3, false}, {1, true}}));
  });
}

rc::Gen<Command> plain(Action action) {
  return gen::map(gen::inRange<Number>(0, 2), [action](Number file) {
    return Command{action, file, 0, {}, 0, false};
  });
}

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

rc::Gen<Setting> setting(const Bounds& bounds, Number universe) {
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

}  // namespace

rc::Gen<Case> arbitrary_case(const Bounds& bounds) {
  const auto universe = gen::weightedElement<Number>({{8, 16 << 10}, {4, 256 << 10}, {2, 6 << 20}});
  return gen::mapcat(universe, [=](Number n) {
    // Many commands on a small file, few on a large one: both cost about the same.
    const int length = n > (1 << 20) ? 8 : 25;
    // RapidCheck narrows ranges at small sizes; only the length of the sequence is to depend on it.
    const auto full = [](auto g) { return gen::resize(rc::kNominalSize, std::move(g)); };
    return gen::apply(
        [](const Setting& s, std::vector<Command> commands) {
          return Case{s, std::move(commands)};
        },
        full(setting(bounds, n)),
        gen::resize(
            length, gen::container<std::vector<Command>>(full(command(n, bounds.late_memory)))));
  });
}

}  // namespace quire::props
