// How a case of write hooks is shrunk. Position and length of a write depend on each other, since
// pages cut it: RapidCheck's own way, which shrinks each alone, ends in long writes.
#include "props/hooks/hooks_case.h"

#include "spec/geometry.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// Numbers below n, those that are furthest first: few steps lead to the smallest.
std::vector<Number> numbers_below(Number n) {
  if (n == 0) return {};
  std::vector<Number> some{0};
  const auto add_number = [&](Number less) {
    if (less < n && std::ranges::find(some, less) == some.end()) some.push_back(less);
  };
  add_number(n % spec::kPageSize);
  add_number(n - std::min(n, spec::kPageSize));
  for (Number off = n / 2; off != 0; off /= 2) add_number(n - off);
  return some;
}

/// Each candidate is smaller in one respect, and larger in none.
class SmallerCommands {
 public:
  explicit SmallerCommands(const HooksCommand& from) : from_(from) {}

  std::vector<HooksCommand> all() {
    const bool writes = from_.action == HooksAction::write;
    if (from_.trouble.kind != Trouble::none) {
      add([](HooksCommand& c) { c.trouble = {}; });
      if (from_.trouble.lasts) add([](HooksCommand& c) { c.trouble.lasts = false; });
      if (from_.trouble.after != 0) add([](HooksCommand& c) { --c.trouble.after; });
    }
    for (std::size_t i = 0; i < from_.stops.size(); ++i) {
      add([i](HooksCommand& c) {
        c.stops.erase(c.stops.begin() + static_cast<std::ptrdiff_t>(i));
      });
      for (const Number at : numbers_below(from_.stops[i].at))
        add([i, at](HooksCommand& c) { c.stops[i].at = at; });
      if (from_.stops[i].times > 1) add([i](HooksCommand& c) { c.stops[i].times = 1; });
    }
    // From the start of the write's next page on, and from the page that it ends in.
    const Number end = from_.pos + from_.length;
    const Number next = from_.pos / spec::kPageSize * spec::kPageSize + spec::kPageSize;
    const Number last = (end - 1) / spec::kPageSize * spec::kPageSize;
    for (const Number pos : {last, next})
      if (writes && from_.pos < pos && pos < end) {
        cut_to(pos, end - pos);
        // The operation that fails is now one of the first.
        if (from_.trouble.after != 0) all_.emplace_back(all_.back()).trouble.after = 0;
      }
    if (writes)
      for (const Number n : numbers_below(from_.length))
        if (n != 0) cut_to(from_.pos, n);
    for (const Number n : numbers_below(from_.unreadable))
      add([n](HooksCommand& c) { c.unreadable = n; });
    for (const Number pos : numbers_below(from_.pos)) add([pos](HooksCommand& c) { c.pos = pos; });
    return std::move(all_);
  }

 private:
  template <class Change>
  void add(Change change) {
    change(all_.emplace_back(from_));
  }

  void cut_to(Number pos, Number length) {
    add([&](HooksCommand& c) {
      c.pos = pos;
      c.length = length;
      c.unreadable = std::min(c.unreadable, length);
      std::erase_if(c.stops, [&](const CopyStop& stop) { return length <= stop.at; });
    });
  }

  const HooksCommand& from_;
  std::vector<HooksCommand> all_;
};

}  // namespace

std::vector<HooksCase> smaller_hooks_cases(const HooksCase& from) {
  std::vector<HooksCase> all;
  const auto add = [&](auto change) { change(all.emplace_back(from)); };
  const std::size_t n = from.commands.size();
  for (std::size_t length = n; length != 0; length /= 2) {
    for (std::size_t at = 0; at + length <= n; at += length) {
      add([&](HooksCase& c) {
        const auto first = c.commands.begin() + static_cast<std::ptrdiff_t>(at);
        c.commands.erase(first, first + static_cast<std::ptrdiff_t>(length));
      });
    }
  }
  Number first = ~Number{0};
  for (const HooksCommand& c : from.commands) {
    if (c.action == HooksAction::write || c.action == HooksAction::truncate)
      first = std::min(first, c.pos);
  }
  if (const Number pages = first / spec::kPageSize * spec::kPageSize; n != 0 && pages != 0) {
    add([&](HooksCase& c) {
      for (HooksCommand& command : c.commands) command.pos -= std::min(command.pos, pages);
    });
  }
  if (from.folio_max != spec::kPageSize) add([](HooksCase& c) { c.folio_max /= 2; });
  if (from.block_size != spec::kPageSize) add([](HooksCase& c) { c.block_size = spec::kPageSize; });
  if (from.blocks != kRoomyBlocks) {
    add([](HooksCase& c) { c.blocks = kRoomyBlocks; });
    for (const Number blocks : numbers_below(from.blocks))
      add([&](HooksCase& c) { c.blocks = blocks; });
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (const HooksCommand& smaller : SmallerCommands(from.commands[i]).all())
      add([&](HooksCase& c) { c.commands[i] = smaller; });
  }
  return all;
}

}  // namespace quire::props
