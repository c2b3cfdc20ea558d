#include "props/lockstep/aim.h"

#include "props/differential/pieces.h"
#include "spec/geometry.h"

#include <rapidcheck.h>

#include <algorithm>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;
namespace gen = rc::gen;

/// Commands behind the first ones have positions below it.
constexpr Number kUniverse = 256 << 10;

/// Inclusive.
rc::Gen<Number> within(ValueRange range) {
  return gen::inRange<Number>(range.first, range.last + 1);
}

Command write_at(Number pos, const BufferShape& memory) {
  return Command{Action::write, 0, static_cast<std::int64_t>(pos), {memory}, 0, false};
}

BufferShape good_memory(Number bytes) { return {BufferKind::plain, bytes, 0, 0}; }

rc::Gen<Commands> ways_to(const WriteClass& wanted, const Setting& setting) {
  const Number block_size = setting.block_size;
  const Number blocks = spec::kPageSize / block_size;
  const auto in_page =
      wanted.alignment == Alignment::at_a_page ? gen::just<Number>(0)
      : wanted.alignment == Alignment::at_a_block
          ? gen::map(
                gen::inRange<Number>(1, blocks), [=](Number block) { return block * block_size; })
          : gen::apply(
                [=](Number block, Number byte) { return block * block_size + byte; },
                gen::inRange<Number>(0, blocks), gen::inRange<Number>(1, block_size));
  return gen::apply(
      [](Number page, Number offset, Number bytes) {
        return Commands{write_at(page * spec::kPageSize + offset, good_memory(bytes))};
      },
      gen::inRange<Number>(0, 16), in_page, within(kWriteSizes[wanted.size]));
}

/// Bytes of a copy that stops below `end`: mostly so few that a volume of any size holds them.
rc::Gen<Number> few_bytes(Number end) {
  return gen::weightedOneOf<Number>(
      {{5, gen::inRange<Number>(1, std::min<Number>(end, spec::kPageSize))},
       {1, gen::inRange<Number>(1, end)}});
}

/// A folio of `folio` bytes lies at `pos` once a write covers it and ends with it. The page before
/// has an odd number, so that no folio joins it with another.
rc::Gen<Commands> ways_to(const EndClass& wanted, Number folio, Number pos) {
  const Number page = spec::kPageSize;
  Commands start;
  if (wanted.uptodate) {
    // On a small volume the folio takes every block, so write the page before it first.
    if (wanted.stop == Stop::at_once) start.push_back(write_at(pos - page, good_memory(page)));
    start.push_back(write_at(pos, good_memory(folio)));
  }
  const auto then = [start](const Command& last) {
    Commands all = start;
    all.push_back(last);
    return all;
  };
  if (wanted.stop == Stop::whole) return gen::just(then(write_at(pos, good_memory(folio))));
  const auto kind = gen::element(BufferKind::ends_in_prot_none, BufferKind::ends_in_sigbus);
  if (wanted.stop == Stop::in_the_middle) {
    return gen::apply(
        [=](BufferKind ends, Number readable) {
          return then(write_at(pos, {ends, folio, readable, 0}));
        },
        kind, few_bytes(folio));
  }
  // The page before takes all readable bytes: none are left for the folio behind it.
  return gen::map(kind, [=](BufferKind ends) {
    return then(write_at(pos - page, {ends, page + folio, page, 0}));
  });
}

rc::Gen<Commands> ways_to(const EndClass& wanted, const Setting&) {
  return gen::mapcat(within(kFolioOrders[wanted.order]), [=](Number order) {
    const Number folio = spec::kPageSize << order;
    // An odd multiple: an iteration ends at multiples of the largest folio, and none may end before
    // it.
    const Number unit = std::max<Number>(folio, 2 * spec::kPageSize);
    return gen::mapcat(gen::inRange<Number>(0, folio < (1 << 20) ? 3 : 1), [=](Number n) {
      return ways_to(wanted, folio, (2 * n + 1) * unit);
    });
  });
}

}  // namespace

rc::Gen<Case> case_for(const InputClass& wanted, const Bounds& bounds) {
  const auto* const write = std::get_if<WriteClass>(&wanted);
  const bool small_blocks = write != nullptr && write->alignment == Alignment::at_a_block;
  const auto setting = gen::map(arbitrary_setting(bounds, spec::kFolioSizeMax), [=](Setting s) {
    if (small_blocks && s.block_size == spec::kPageSize) {
      s.block_size /= 2;
      s.blocks *= 2;
    }
    s.folio_max = spec::kFolioSizeMax;
    return s;
  });
  const auto whole = gen::mapcat(setting, [=](const Setting& s) {
    return gen::apply(
        [=](Commands commands, const Commands& more) {
          commands.insert(commands.end(), more.begin(), more.end());
          return Case{s, std::move(commands)};
        },
        std::visit([&](const auto& c) { return ways_to(c, s); }, wanted),
        arbitrary_commands(bounds, kUniverse, 8));
  });
  return with_fewer_commands(gen::resize(rc::kNominalSize, whole));
}

}  // namespace quire::props
