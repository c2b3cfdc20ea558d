#include "props/suites/draws.h"

#include "props/watchdog/journal.h"

#include <algorithm>

namespace quire::props {
namespace {

/// RapidCheck's defaults.
constexpr std::uint64_t kSizes = 101;  // 0 to 100
constexpr std::uint64_t kDiscardsForEachCase = 10;
constexpr std::uint64_t kDiscardsForASize = 10;

/// Worker 0 has the seed itself.
std::uint64_t seed_of(std::uint64_t seed, std::uint64_t worker) {
  return seed + worker * 0x9e3779b97f4a7c15;
}

std::uint64_t share_of(const Options& options) {
  const WorkPart& part = options.part;
  return options.cases / part.workers + (part.worker < options.cases % part.workers ? 1 : 0);
}

/// Each size comes equally often; the cases that are left over are spread over all sizes.
int size_for(std::uint64_t done, std::uint64_t cases) {
  const std::uint64_t regular = cases / kSizes * kSizes;
  if (done < regular) return static_cast<int>(done % kSizes);
  const std::uint64_t left = cases - regular;
  return left == 1 ? 0 : static_cast<int>(done % kSizes * (kSizes - 1) / (left - 1));
}

/// RapidCheck draws the first value of a property from a split of the property's own numbers.
rc::Random split_of(rc::Random random) { return random.split(); }

}  // namespace

Draws::Draws(const Options& options)
    : stream_(seed_of(options.seed, options.part.worker)), share_(share_of(options)) {}

Draws::Draw Draws::next(std::uint64_t done) {
  if (done != done_) discarded_now_ = 0;
  done_ = done;
  const int larger = static_cast<int>(discarded_now_ / kDiscardsForASize);
  return {drawn_++, split_of(stream_.split()), size_for(done, share_) + larger};
}

bool Draws::discarded() {
  ++discarded_now_;
  return ++discarded_ <= kDiscardsForEachCase * share_;
}

rc::Random random_of(const Options& options, std::uint64_t draw) {
  rc::Random stream(seed_of(options.seed, options.part.worker));
  for (std::uint64_t i = 0; i < draw; ++i) stream.split();
  return split_of(stream.split());
}

std::size_t index_of_aim(const std::string& aim, const std::vector<std::string>& names) {
  return static_cast<std::size_t>(std::ranges::find(names, aim) - names.begin());
}

Failure holds_alone(Failure failure) {
  failure.actual +=
      "; alone this case holds: it fails only after those before it, so run the seed again";
  return failure;
}

void journal_share(std::uint64_t cases) {
  if (journal_of_this_process != nullptr)
    journal_of_this_process->share.store(cases, std::memory_order_relaxed);
}

}  // namespace quire::props
