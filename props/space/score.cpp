#include "props/space/score.h"

#include "props/space/aged_files.h"
#include "props/watchdog/ending_text.h"
#include "props/watchdog/watched_process.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <random>

namespace quire::props {
namespace {

using nlohmann::json;

double ratio(std::uint64_t of, std::uint64_t to) {
  return to == 0 ? 0 : static_cast<double>(of) / static_cast<double>(to);
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double extents_a_file(const AgedFiles& files) {
  std::uint64_t there = 0, runs = 0;
  for (std::size_t file = 0; file < files.count(); ++file) {
    std::uint64_t end = ~std::uint64_t{0};
    for (const Extent& extent : files.extents(file)) {
      if (extent.start != end) ++runs;
      end = extent.end();
    }
    if (end != ~std::uint64_t{0}) ++there;
  }
  return ratio(runs, there);
}

double blocks_a_free_run(const AgedFiles& files, std::uint64_t blocks) {
  std::vector<Extent> granted;
  for (std::size_t file = 0; file < files.count(); ++file) {
    const auto extents = files.extents(file);
    granted.insert(granted.end(), extents.begin(), extents.end());
  }
  granted.push_back({blocks, 0});
  std::ranges::sort(granted, {}, &Extent::start);
  std::uint64_t end = 0, runs = 0, free = 0;
  for (const Extent& extent : granted) {
    if (end < extent.start) {
      ++runs;
      free += extent.start - end;
    }
    end = extent.end();
  }
  return ratio(free, runs);
}

AgeingScore score_of(const StandardAgeing& ageing, const AllocatorKind& kind, std::uint64_t seed) {
  const auto allocator = kind.make(kScoredBlocks);
  AgedFiles files(*allocator);
  ageing.age(files, *allocator, seed);
  const auto& distances = files.distances();
  return {
      ageing.name, ratio(files.granted_blocks(), files.grants()), extents_a_file(files),
      blocks_a_free_run(files, kScoredBlocks),
      median(std::vector<double>(distances.begin(), distances.end()))};
}

/// An allocator whose device is kept so full while calls are timed.
class TimedAllocator {
 public:
  TimedAllocator(const AllocatorKind& kind, std::uint64_t percent_full)
      : allocator_(kind.make(kScoredBlocks)) {
    std::vector<Extent> granted;
    while (take(granted, 0)) {
    }
    std::ranges::shuffle(granted, random_);
    const std::uint64_t free = kScoredBlocks - kScoredBlocks / 100 * percent_full;
    while (allocator_->free_blocks() < free && !granted.empty()) {
      allocator_->release(granted.back());
      granted.pop_back();
    }
  }

  /// Nanoseconds of a grant of up to 8 blocks and its release: the mean of a round.
  double time() {
    constexpr int kPairs = 200;
    std::vector<Extent> granted;
    granted.reserve(kWant);
    std::chrono::nanoseconds took{0};
    for (int i = 0; i < kPairs; ++i) {
      const std::uint64_t goal = random_() % kScoredBlocks;
      const auto started = std::chrono::steady_clock::now();
      take(granted, goal);
      for (const Extent& extent : granted) allocator_->release(extent);
      took += std::chrono::steady_clock::now() - started;
      granted.clear();
    }
    return static_cast<double>(took.count()) / kPairs;
  }

 private:
  static constexpr std::uint64_t kWant = 8;

  bool take(std::vector<Extent>& granted, std::uint64_t goal) {
    const std::uint64_t want = std::min(kWant, allocator_->free_blocks());
    if (want == 0 || !allocator_->reserve(want)) return false;
    for (std::uint64_t left = want; left != 0;) {
      std::array<Extent, kWant> extents;
      const std::size_t n = allocator_->allocate({.want = left, .goal = goal}, extents);
      if (n == 0 || n > kWant) throw NoGrant();
      for (std::size_t i = 0; i < n; ++i) {
        granted.push_back(extents[i]);
        left -= std::min(left, extents[i].length);
      }
      goal = granted.back().end();
    }
    return true;
  }

  std::unique_ptr<AnyAllocator> allocator_;
  std::mt19937_64 random_{1};
};

/// For each allocator, for each fullness.
std::vector<std::vector<double>> nanoseconds_of(std::span<const AllocatorKind> kinds) {
  constexpr std::size_t kRounds = 15;
  std::vector<std::vector<double>> medians(kinds.size());
  for (const std::uint64_t percent : kScoredFullness) {
    std::vector<TimedAllocator> timed;
    for (const AllocatorKind& kind : kinds) timed.emplace_back(kind, percent);
    std::vector<std::vector<double>> rounds(kinds.size());
    for (std::size_t round = 0; round < kRounds; ++round)
      for (std::size_t i = 0; i < kinds.size(); ++i) rounds[i].push_back(timed[i].time());
    for (std::size_t i = 0; i < kinds.size(); ++i) medians[i].push_back(median(rounds[i]));
  }
  return medians;
}

/// What `work` returns in a process of its own; or {"why_not": ...}.
json in_a_child(const std::function<json()>& work) {
  constexpr HangLimits::Time kMost{120};
  Board board(1);
  const auto run = [&]() -> std::string {
    try {
      return work().dump();
    } catch (const std::exception& e) {
      return json{{"why_not", e.what()}}.dump();
    } catch (...) {
      return json{{"why_not", "it threw what is no std::exception"}}.dump();
    }
  };
  const HangLimits limits{.outside = kMost};
  const Ending ending = run_watched({{run, &board.journal(0)}}, limits, {}, {})[0];
  if (ending.kind != Ending::Kind::answered)
    return {{"why_not", failure_of(ending, board.journal(0), "score").actual}};
  return json::parse(ending.answer);
}

json ageings_of(const AllocatorKind& kind, std::uint64_t seed) {
  json scores = json::array();
  for (const StandardAgeing& ageing : standard_ageings()) {
    const AgeingScore score = score_of(ageing, kind, seed);
    scores.push_back(
        {score.ageing, score.blocks_a_grant, score.extents_a_file, score.blocks_a_free_run,
         score.from_goal});
  }
  return {{"ageings", scores}};
}

}  // namespace

std::vector<AllocatorScore> score_allocators(
    std::span<const AllocatorKind> kinds, std::uint64_t seed) {
  std::vector<AllocatorScore> scores;
  std::vector<AllocatorKind> timed;
  for (const AllocatorKind& kind : kinds) {
    const json answer = in_a_child([&] { return ageings_of(kind, seed); });
    AllocatorScore score{kind.name, answer.value("why_not", "")};
    for (const json& row : answer.value("ageings", json::array()))
      score.ageings.push_back({row[0], row[1], row[2], row[3], row[4]});
    if (score.why_not.empty()) timed.push_back(kind);
    scores.push_back(std::move(score));
  }
  const json answer = in_a_child([&] { return json{{"nanoseconds", nanoseconds_of(timed)}}; });
  std::size_t at = 0;
  for (AllocatorScore& score : scores) {
    if (!score.why_not.empty()) continue;
    if (answer.contains("nanoseconds"))
      score.nanoseconds = answer["nanoseconds"][at].get<std::vector<double>>();
    score.why_not = answer.value("why_not", "");
    ++at;
  }
  return scores;
}

}  // namespace quire::props
