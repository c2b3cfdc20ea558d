#include "props/audit/block_set.h"

#include <algorithm>
#include <bit>

namespace quire::props {
namespace {

using Number = std::uint64_t;
constexpr Number kWordBits = 64;

}  // namespace

void append(std::vector<BlockRun>& runs, BlockRun run) {
  if (run.first >= run.end) return;
  if (!runs.empty() && runs.back().end == run.first) {
    runs.back().end = run.end;
  } else {
    runs.push_back(run);
  }
}

void append_bits(std::vector<BlockRun>& runs, std::span<const Number> words, Number base) {
  for (const Number whole : words) {
    Number word = whole;
    for (Number at = 0; word != 0;) {
      const auto clear = static_cast<Number>(std::countr_zero(word));
      at += clear;
      word >>= clear;
      const auto set = static_cast<Number>(std::countr_one(word));
      append(runs, {base + at, base + at + set});
      at += set;
      word = set == kWordBits ? 0 : word >> set;
    }
    base += kWordBits;
  }
}

Number count_bits(std::span<const Number> words) {
  Number n = 0;
  for (const Number word : words) n += static_cast<Number>(std::popcount(word));
  return n;
}

BlockSet::BlockSet(std::vector<BlockRun> runs) : runs_(std::move(runs)) {
  const auto by_first = [](const BlockRun& a, const BlockRun& b) { return a.first < b.first; };
  if (!std::ranges::is_sorted(runs_, by_first)) std::ranges::sort(runs_, by_first);
  std::vector<BlockRun> joined;
  for (const BlockRun& run : runs_) {
    const Number end = joined.empty() ? 0 : joined.back().end;
    const Number first = std::max(run.first, std::min(end, run.end));
    again_ += first - run.first;
    count_ += run.end - first;
    append(joined, {first, run.end});
  }
  runs_ = std::move(joined);
}

bool BlockSet::has(Number block) const {
  return std::ranges::any_of(
      runs_, [&](const BlockRun& run) { return run.first <= block && block < run.end; });
}

BlockSet BlockSet::common(const BlockSet& other) const {
  BlockSet both;
  auto at = other.runs_.begin();
  for (const BlockRun& run : runs_) {
    while (at != other.runs_.end() && at->end <= run.first) ++at;
    for (auto over = at; over != other.runs_.end() && over->first < run.end; ++over)
      both.add({std::max(run.first, over->first), std::min(run.end, over->end)});
  }
  return both;
}

BlockSet BlockSet::without(const BlockSet& other) const {
  BlockSet rest;
  auto at = other.runs_.begin();
  for (const BlockRun& run : runs_) {
    while (at != other.runs_.end() && at->end <= run.first) ++at;
    Number first = run.first;
    for (auto over = at; over != other.runs_.end() && over->first < run.end; ++over) {
      rest.add({first, std::max(first, over->first)});
      first = std::max(first, over->end);
    }
    rest.add({first, std::max(first, run.end)});
  }
  return rest;
}

void BlockSet::add(BlockRun run) {
  count_ += run.end - run.first;
  append(runs_, run);
}

Number BlockSet::from(Number block) const {
  Number n = 0;
  for (const BlockRun& run : runs_) n += run.end - std::clamp(block, run.first, run.end);
  return n;
}

}  // namespace quire::props
