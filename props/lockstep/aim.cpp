#include "props/lockstep/aim.h"

#include "props/lockstep/pieces.h"
#include "spec/geometry.h"

#include <rapidcheck.h>

#include <algorithm>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Commands = std::vector<Command>;
namespace gen = rc::gen;

/// Positions of the commands behind the first ones are below it.
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

/// Bytes of a copy that stops below `end`: often so few that a volume of any size holds them.
rc::Gen<Number> few_bytes(Number end) {
  return gen::weightedOneOf<Number>(
      {{2, gen::inRange<Number>(1, std::min<Number>(end, spec::kPageSize))},
       {1, gen::inRange<Number>(1, end)}});
}

/// A folio of `folio` bytes lies at `pos`, which is a multiple of two of them, as soon as a write
/// covers it and ends with it.
rc::Gen<Commands> ways_to(const EndClass& wanted, Number folio, Number pos) {
  const auto start = [=](const Command& last) {
    return wanted.uptodate ? Commands{write_at(pos, good_memory(folio)), last} : Commands{last};
  };
  if (wanted.stop == Stop::whole) return gen::just(start(write_at(pos, good_memory(folio))));
  const auto kind = gen::element(BufferKind::ends_in_prot_none, BufferKind::ends_in_sigbus);
  if (wanted.stop == Stop::in_the_middle) {
    return gen::apply(
        [=](BufferKind ends, Number readable) {
          return start(write_at(pos, {ends, folio, readable, 0}));
        },
        kind, few_bytes(folio));
  }
  // The page before takes all that can be read: nothing is left for the folio behind it.
  return gen::map(kind, [=](BufferKind ends) {
    const Number page = spec::kPageSize;
    return start(write_at(pos - page, {ends, page + folio, page, 0}));
  });
}

rc::Gen<Commands> ways_to(const EndClass& wanted, const Setting&) {
  return gen::mapcat(within(kFolioOrders[wanted.order]), [=](Number order) {
    const Number folio = spec::kPageSize << order;
    // Only behind another page can a copy have nothing left.
    const Number first = wanted.stop == Stop::at_once ? 1 : 0;
    const Number end = folio < (1 << 20) ? 3 : first + 1;
    return gen::mapcat(gen::inRange<Number>(first, end), [=](Number pair) {
      return ways_to(wanted, folio, 2 * folio * pair);
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
