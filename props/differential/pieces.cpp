#include "props/differential/pieces.h"

#include "props/differential/large_devices.h"
#include "spec/geometry.h"

#include <rapidcheck.h>

#include <algorithm>
#include <utility>

namespace quire::props {

using Number = std::uint64_t;
namespace gen = rc::gen;

rc::Gen<Number> near_edges(Number end) {
  const auto near = [end](Number unit) {
    return gen::apply(
        [end, unit](Number n, int off) {
          const Number at = n * unit + static_cast<Number>(off);
          return std::min(at, end - 1);  // below zero it wraps, and becomes the end
        },
        gen::inRange<Number>(0, end / unit + 1), gen::element(0, 1, -1));
  };
  const std::size_t folios = end > spec::kFolioSizeMax ? 4 : 0;
  return gen::weightedOneOf<Number>(
      {{3, gen::inRange<Number>(0, end)},
       {3, near(spec::kPageSize)},
       {2, near(512)},
       {folios, near(spec::kFolioSizeMax)}});
}

namespace {

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

rc::Gen<std::vector<BufferShape>> memory(Number most, Number at, bool late) {
  const auto one = gen::map(
      segment(most, at, late), [](const BufferShape& s) { return std::vector<BufferShape>{s}; });
  return gen::weightedOneOf<std::vector<BufferShape>>(
      {{3, one},
       {1, gen::resize(
               5, gen::container<std::vector<BufferShape>>(
                      gen::resize(rc::kNominalSize, segment(most / 5 + 1, at, late))))}});
}

}  // namespace

rc::Gen<Number> position(const Windows& windows) {
  return gen::apply(
      [](Number start, Number offset) { return start + offset; }, gen::elementOf(windows.starts),
      near_edges(windows.bytes));
}

rc::Gen<Windows> any_windows(Number bytes) {
  const auto large = gen::map(gen::elementOf(kLargePlaces), [bytes](const LargePlace& place) {
    return windows_at(place.pos, bytes);
  });
  return gen::weightedOneOf<Windows>({{5, gen::just(Windows{bytes})}, {1, large}});
}

rc::Gen<Setting> sometimes_far(rc::Gen<Setting> settings) {
  // A few blocks before the place, so that extents cross it.
  const auto far = gen::apply(
      [](Setting setting, Number bytes, Number before) {
        setting.first_block = bytes / setting.block_size - before;
        return setting;
      },
      settings, gen::elementOf(kFirstBytes), gen::inRange<Number>(0, 16));
  return gen::weightedOneOf<Setting>({{6, std::move(settings)}, {1, far}});
}

rc::Gen<Command> transfer(Action action, const Windows& windows, bool late) {
  return gen::mapcat(position(windows), [=](Number pos) {
    const Number most = std::min<Number>(windows.bytes, UserMemory::kBytesMax / 2);
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

rc::Gen<Case> with_fewer_commands(rc::Gen<Case> cases) {
  return gen::shrink(std::move(cases), [](Case&& whole) {
    return rc::seq::map(
        rc::shrink::removeChunks(whole.commands),
        [setting = whole.setting](std::vector<Command>&& commands) {
          return Case{setting, std::move(commands)};
        });
  });
}

}  // namespace quire::props
