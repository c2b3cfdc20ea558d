#include "props/cache/cache_case.h"

#include "ref/cache/cached_file.h"
#include "spec/geometry.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <cerrno>
#include <string>
#include <tuple>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;
namespace gen = rc::gen;

constexpr Number kPages = 10;

std::string range_of(const CacheCommand& c) {
  return c.last == ref::kToEnd ? fmt::format("[{}, end)", c.first)
                               : fmt::format("[{}, {}]", c.first, c.last);
}

std::string text_of(const CacheCommand& c) {
  switch (c.action) {
    case CacheAction::make: return fmt::format("make at {}, up to {} pages", c.first, c.pages);
    case CacheAction::write: return fmt::format("write to the block at {}", c.first);
    case CacheAction::load: return fmt::format("a user maps the page at {}", c.first);
    case CacheAction::store: return fmt::format("a user stores to byte {}", c.first);
    case CacheAction::truncate: return fmt::format("truncate_pagecache {}", c.first);
    case CacheAction::punch: return "truncate_pagecache_range " + range_of(c);
    case CacheAction::invalidate: return "invalidate_range2 " + range_of(c);
    case CacheAction::write_back:
      return "write_range " + range_of(c) +
             (c.integrity ? "" : fmt::format(", without integrity, {} pages", c.pages_most));
    case CacheAction::write_and_wait: return "write_and_wait_range " + range_of(c);
    case CacheAction::open: return fmt::format("open descriptor {}", c.which);
    case CacheAction::check: return fmt::format("descriptor {} asks for errors", c.which);
    case CacheAction::sync: return "sync asks for errors";
  }
  return "?";
}

/// A byte, often at an edge of a page or a block.
rc::Gen<Number> position() {
  return gen::apply(
      [](Number page, Number in_page) { return page * spec::kPageSize + in_page; },
      gen::inRange<Number>(0, kPages),
      gen::weightedOneOf<Number>(
          {{4, gen::just<Number>(0)},
           {2, gen::element<Number>(1, 1023, 1024, 4095)},
           {1, gen::inRange<Number>(0, spec::kPageSize)}}));
}

rc::Gen<Number> end_of_range() {
  return gen::weightedOneOf<Number>(
      {{3, gen::map(position(), [](Number pos) { return pos == 0 ? 0 : pos - 1; })},
       {1, position()},
       {1, gen::just(ref::kToEnd)}});
}

rc::Gen<std::optional<FailedWrites>> failed_writes() {
  const auto some = gen::apply(
      [](Number after, int error, bool all) {
        return std::optional<FailedWrites>({after, error, all});
      },
      gen::element<Number>(0, 0, 1, 2), gen::element(-EIO, -ENOSPC, -ENOMEM),
      gen::element(false, true));
  return gen::oneOf(gen::just(std::optional<FailedWrites>()), some);
}

/// Commands that fill a cache, and make it dirty.
rc::Gen<CacheAction> filling() {
  return gen::weightedElement<CacheAction>(
      {{4, CacheAction::make}, {4, CacheAction::write}, {1, CacheAction::store}});
}

rc::Gen<CacheAction> any_action() {
  return gen::weightedOneOf<CacheAction>(
      {{5, filling()},
       {6, gen::weightedElement<CacheAction>(
               {{1, CacheAction::truncate},
                {3, CacheAction::punch},
                {3, CacheAction::invalidate},
                {8, CacheAction::write_back},
                {4, CacheAction::write_and_wait},
                {1, CacheAction::load},
                {2, CacheAction::open},
                {4, CacheAction::check},
                {2, CacheAction::sync}})}});
}

rc::Gen<CacheCommand> command(const rc::Gen<CacheAction>& action) {
  const auto where = gen::tuple(position(), end_of_range(), gen::element<Number>(1, 2, 4, 8));
  const auto how = gen::tuple(
      gen::inRange<Number>(0, 2), gen::element(false, true), gen::element<Number>(1, 2, 100),
      gen::weightedElement<bool>({{3, false}, {1, true}}), gen::element(false, true));
  const auto drops_at = gen::weightedOneOf<std::optional<Number>>(
      {{2, gen::just(std::optional<Number>())},
       {1, gen::map(gen::inRange<Number>(0, 3), [](Number n) { return std::optional(n); })}});
  return gen::apply(
      [](CacheAction a, const std::tuple<Number, Number, Number>& at,
         const std::tuple<Number, bool, Number, bool, bool>& by,
         const std::optional<FailedWrites>& fails, const std::optional<Number>& drops) {
        CacheCommand c;
        c.action = a;
        std::tie(c.first, c.last, c.pages) = at;
        // A range without a byte is seldom of interest.
        if (c.last < c.first && c.pages != 1) std::swap(c.first, c.last);
        std::tie(c.which, c.integrity, c.pages_most, c.without_memory, c.maps_again) = by;
        const bool writes = a == CacheAction::write_back || a == CacheAction::write_and_wait;
        if (writes) c.fails = fails;
        if (a == CacheAction::truncate) c.last = ref::kToEnd;
        const bool walks = writes || a == CacheAction::truncate || a == CacheAction::punch ||
                           a == CacheAction::invalidate;
        if (walks) c.drops_at = drops;
        c.maps_again = c.maps_again && a == CacheAction::truncate;
        c.without_memory =
            c.without_memory &&
            (a == CacheAction::make || a == CacheAction::truncate || a == CacheAction::punch);
        return c;
      },
      action, where, how, failed_writes(), drops_at);
}

}  // namespace

void showValue(const CacheCase& c, std::ostream& os) {
  for (std::size_t i = 0; i < c.commands.size(); ++i) {
    const CacheCommand& one = c.commands[i];
    os << "  " << i + 1 << ". " << text_of(one);
    if (one.without_memory) os << "; without memory";
    if (one.maps_again) os << "; a fault maps a cut page again in between";
    if (one.drops_at)
      os << "; another thread drops the folio of wait " << *one.drops_at << ", if it lies inside";
    if (one.fails) {
      os << fmt::format(
          "; write {} fails with {}{}", one.fails->after, one.fails->error,
          one.fails->all ? ", and each after it" : "");
    }
    os << "\n";
  }
}

rc::Gen<CacheCase> arbitrary_cache_case() {
  const auto some = [](int size, const rc::Gen<CacheAction>& action) {
    return gen::resize(
        size,
        gen::container<std::vector<CacheCommand>>(gen::resize(rc::kNominalSize, command(action))));
  };
  return gen::apply(
      [](std::vector<CacheCommand> first, const std::vector<CacheCommand>& then) {
        first.insert(first.end(), then.begin(), then.end());
        return CacheCase{std::move(first)};
      },
      some(20, filling()), some(80, any_action()));
}

}  // namespace quire::props
