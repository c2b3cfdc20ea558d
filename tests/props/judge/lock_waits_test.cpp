// The locks that were waited for, as quire-check reports them.
#include "props/suites/report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace quire::props {
namespace {

/// A suite whose run waited for `wanted` with `held` in hand.
SuiteResult met(const std::string& suite, std::uint64_t held, std::uint64_t wanted) {
  SuiteResult result{
      .suite = suite, .device = {}, .reason = {}, .counterexample = {}, .coverage = {}};
  spec::WatchedLocks thread(&result.waits["impl"]);
  thread.taken(held, 0);
  thread.wanted(wanted, 0);
  return result;
}

TEST(LockWaits, OfAllSuitesTogetherAreLookedAt) {
  const SuiteResult one = met("one", spec::rank_of<spec::Iolock>, spec::rank_of<spec::FolioLock>),
                    other =
                        met("other", spec::rank_of<spec::FolioLock>, spec::rank_of<spec::Iolock>);
  EXPECT_EQ(circle_of_waits({one}), "");
  EXPECT_EQ(circle_of_waits({other}), "") << "alone it is no circle";
  EXPECT_EQ(circle_of_waits({one, other}), "iolock, folio lock");
}

TEST(LockWaits, AreInTheJson) {
  const Suite suite{"one", "says", "LK-1", {}, false};
  const auto all = nlohmann::json::parse(to_json(
      {met("one", spec::rank_of<spec::Iolock>, spec::rank_of<spec::FolioLock>)}, {suite}, {}));
  const nlohmann::json pair{
      {"whose", "impl"}, {"held", "iolock"}, {"wanted", "folio lock"}, {"waits", 1}, {"tries", 0}};
  EXPECT_EQ(all["suites"][0]["lock_pairs"], nlohmann::json::array({pair}));
}

}  // namespace
}  // namespace quire::props
