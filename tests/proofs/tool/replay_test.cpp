// The command that replays a counterexample: the words of a path, in the form of a vector.
#include "proofs/tool/replay.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace quire::tests {
namespace {

using nlohmann::json;

/// The vector of a counterexample with these inputs; null if there is none.
json replayed(const std::string& obligation, std::vector<proofs::Field> inputs) {
  proofs::Obligation about{};
  about.name = obligation;
  proofs::Counterexample found;
  found.inputs = std::move(inputs);
  const std::string line = proofs::replay_line(about, found);
  if (line.empty()) return nullptr;
  const std::string start = "quire-check --suite vectors --replay '";
  EXPECT_TRUE(line.starts_with(start) && line.ends_with("'")) << line;
  return json::parse(line.substr(start.size(), line.size() - start.size() - 1));
}

TEST(Replay, TheWordsOfANameAreInTheOrderOfThePath) {
  const json vector = replayed(
      "ref.write_loop.byte_ledger", {{"start", 5}, {"total", 100}, {"copied", 7}, {"copied#2", 3}});
  EXPECT_EQ(vector["run"], "ref.attempt");
  EXPECT_EQ(vector["folios"], 1);
  EXPECT_EQ(vector["world"]["copied"], (json{7, 3}));
  EXPECT_EQ(vector["world"]["start"], json{5});
  EXPECT_EQ(vector["world"]["good"], json{100}) << "all of the memory can be read";
}

TEST(Replay, AFolioWhoseEndCannotFailHasNoError) {
  const std::vector<proofs::Field> inputs{
      {"total", 9}, {"folio_room", 1}, {"folio_room#2", 1}, {"end_errno", 5}};
  EXPECT_EQ(replayed("impl.write_loop.retry", inputs)["world"]["end_errno"], (json{5, 0}));
}

TEST(Replay, ARunOfFoliosBecomesOneFolio) {
  const json vector = replayed(
      "impl.write_loop.byte_ledger", {{"total", 9},
                                      {"uptodate", 0},
                                      {"uptodate#2", 0},
                                      {"copied", 4},
                                      {"copied#2", 3},
                                      {"run_accepted", 2}});
  EXPECT_EQ(vector["run"], "impl.batch");
  EXPECT_EQ(vector["folios"], 2);
  EXPECT_EQ(vector["world"]["copied"], (json{4, 2}));
  EXPECT_EQ(vector["world"]["uptodate"], (json{0, 1}));
}

TEST(Replay, AStaleMappingHasAnUnusedFolio) {
  const json vector = replayed("ref.iomap.attempt", {{"total", 9}, {"stale", 1}});
  EXPECT_EQ(vector["run"], "ref.iomap_attempt");
  EXPECT_EQ(vector["world"]["folio_room"], json{1});
  EXPECT_EQ(vector["world"]["begin_errno"], json{0});
  EXPECT_EQ(vector["world"]["uptodate"], json{0});
  EXPECT_FALSE(vector["world"].contains("end_errno"));
}

TEST(Replay, ABatchNeedsNothingMore) {
  const json vector = replayed("ref.iomap.iteration", {{"start", 1}, {"map_room", 2}});
  EXPECT_EQ(vector["run"], "ref.iomap_iteration");
  EXPECT_EQ(vector["world"], (json{{"start", {1}}, {"map_room", {2}}}));
}

TEST(Replay, ACallOfXfsHasNoLeaseBeyondTheBound) {
  const json vector =
      replayed("ref.xfs_write.steps", {{"check_errno", 0}, {"leased", 1}, {"check_errno#2", 0}});
  EXPECT_EQ(vector["run"], "ref.xfs_call");
  EXPECT_EQ(vector["world"]["leased"], (json{1, 0}));
  EXPECT_EQ(vector["world"]["mode"], json{2}) << "exclusive";
}

TEST(Replay, AnAcceptanceBecomesAPassOverOneFolio) {
  const json vector = replayed(
      "impl.accept.keeps_the_contract", {{"length", 8}, {"copied", 5}, {"range_uptodate", 1}});
  EXPECT_EQ(vector["run"], "impl.batch");
  EXPECT_EQ(vector["world"]["folio_room"], json{8});
  EXPECT_EQ(vector["world"]["copied"], json{5});
  EXPECT_EQ(vector["world"]["uptodate"], json{1});
}

TEST(Replay, OtherObligationsHaveNone) {
  for (const char* name :
       {"ref.iomap.answers", "ref.iomap.iteration_lock_order", "ref.errseq.reads"}) {
    EXPECT_EQ(replayed(name, {{"total", 1}}), nullptr) << name;
  }
}

}  // namespace
}  // namespace quire::tests
