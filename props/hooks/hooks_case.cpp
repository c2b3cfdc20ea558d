#include "props/hooks/hooks_case.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace quire::props {
namespace {

namespace gen = rc::gen;
using Number = std::uint64_t;

constexpr Number kHooksLengthMax = 24 << 10;

std::string trouble_text(const HooksTrouble& trouble) {
  const char* const what = trouble.kind == Trouble::memory   ? "folio finds no memory"
                           : trouble.kind == Trouble::space  ? "reservation is refused"
                           : trouble.kind == Trouble::device ? "read of the device fails"
                                                             : "attempt meets a fatal signal";
  return fmt::format(
      "; the {} behind {} others{}", what, trouble.after,
      trouble.lasts ? ", and each after it" : "");
}

std::string hooks_command_text(const HooksCommand& c) {
  switch (c.action) {
    case HooksAction::write_back: return "write back what is dirty";
    case HooksAction::drop_cache: return "write back what is dirty, and drop the cache";
    case HooksAction::truncate: return fmt::format("truncate to {} bytes", c.pos);
    case HooksAction::write: break;
  }
  std::string text = fmt::format("write {} bytes at {}", c.length, c.pos);
  if (c.unreadable != 0) text += fmt::format(", of which {} can be read", c.length - c.unreadable);
  for (const CopyStop& stop : c.stops)
    text += fmt::format("; a copy stops at byte {}, {} times", stop.at, stop.times);
  if (c.trouble.kind != Trouble::none) text += trouble_text(c.trouble);
  return text;
}

/// Near the edges of pages and blocks, and anywhere.
rc::Gen<Number> near_an_edge(Number pages) {
  const auto anywhere = gen::inRange<Number>(0, pages * 4096);
  const auto edge = gen::apply(
      [](Number unit, Number n, Number off) {
        const Number at = n * unit + off;
        return at == 0 ? 0 : at - 1;
      },
      gen::element<Number>(4096, 512, 1024), gen::inRange<Number>(0, pages),
      gen::element<Number>(1, 0, 2, 100));
  return gen::oneOf(anywhere, edge);
}

rc::Gen<HooksTrouble> arbitrary_trouble() {
  const auto some = gen::apply(
      [](Trouble kind, Number after, bool lasts) {
        return HooksTrouble{kind, after, lasts};
      },
      gen::weightedElement<Trouble>(
          {{3, Trouble::memory}, {3, Trouble::space}, {4, Trouble::device}, {1, Trouble::signal}}),
      gen::inRange<Number>(0, 3), gen::element(false, true));
  return gen::weightedOneOf<HooksTrouble>({{2, gen::just(HooksTrouble{})}, {1, some}});
}

rc::Gen<std::vector<CopyStop>> arbitrary_stops() {
  const auto stop = gen::apply(
      [](Number at, Number times) {
        return CopyStop{at, times};
      },
      near_an_edge(3), gen::inRange<Number>(1, 3));
  const auto some =
      gen::resize(2, gen::container<std::vector<CopyStop>>(gen::resize(rc::kNominalSize, stop)));
  return gen::weightedOneOf<std::vector<CopyStop>>(
      {{2, gen::just(std::vector<CopyStop>())}, {1, some}});
}

rc::Gen<HooksCommand> arbitrary_hooks_command() {
  const auto action = gen::weightedElement<HooksAction>(
      {{7, HooksAction::write},
       {1, HooksAction::write_back},
       {3, HooksAction::drop_cache},
       {1, HooksAction::truncate}});
  const auto unreadable =
      gen::weightedOneOf<Number>({{3, gen::just<Number>(0)}, {1, near_an_edge(2)}});
  return gen::apply(
      [](HooksAction what, Number pos, Number length, Number missing, std::vector<CopyStop> stops,
         const HooksTrouble& trouble) {
        HooksCommand c{.action = what, .pos = pos};
        if (what != HooksAction::write) return c;
        c.length = std::min(std::max<Number>(length, 1), kHooksLengthMax);
        c.unreadable = std::min(missing, c.length);
        std::erase_if(stops, [&](const CopyStop& stop) { return c.length <= stop.at; });
        c.stops = std::move(stops);
        c.trouble = trouble;
        return c;
      },
      action, near_an_edge(6), near_an_edge(4), unreadable, arbitrary_stops(), arbitrary_trouble());
}

}  // namespace

void showValue(const HooksCase& c, std::ostream& os) {
  os << fmt::format(
      "  blocks of {} bytes, folios of up to {}, {} blocks of space\n", c.block_size, c.folio_max,
      c.blocks);
  for (std::size_t i = 0; i < c.commands.size(); ++i)
    os << "  " << i + 1 << ". " << hooks_command_text(c.commands[i]) << "\n";
}

rc::Gen<HooksCase> arbitrary_hooks_case() {
  constexpr int kCommandsMost = 7;
  const auto commands = gen::resize(
      kCommandsMost, gen::container<std::vector<HooksCommand>>(
                         gen::resize(rc::kNominalSize, arbitrary_hooks_command())));
  const auto blocks =
      gen::weightedOneOf<Number>({{3, gen::just(kRoomyBlocks)}, {1, gen::inRange<Number>(0, 24)}});
  const auto any = gen::apply(
      [](std::vector<HooksCommand> drawn, Number block_size, Number folio_max, Number n) {
        return HooksCase{block_size, folio_max, n, std::move(drawn)};
      },
      commands, gen::element<Number>(4096, 1024, 512), gen::element<Number>(4096, 8192, 16384),
      gen::resize(rc::kNominalSize, blocks));
  return gen::shrink(gen::noShrink(any), [](const HooksCase& c) {
    return rc::seq::fromContainer(smaller_hooks_cases(c));
  });
}

}  // namespace quire::props
