// Claims are proven on all paths under the assumptions before them, or refuted by an example.
#include "proofs/engine/explore.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace quire::tests {
namespace {

using proofs::Bits;
using proofs::Exploration;
using proofs::explore;
using proofs::Explorer;
using proofs::Verdict;

template <class W>
struct Pair {
  BOOST_HANA_DEFINE_STRUCT(Pair,
    (W, a),
    (W, b)
  );
};

TEST(Claims, AWrongClaimIsRefutedByItsRecord) {
  const Exploration found = explore([](Explorer& e) {
    auto pair = e.fresh_record<Pair<Bits>>("pair");
    e.assume("a is 41.", pair.a == 41);
    const Pair<Bits> sum{pair.a + 1, pair.b};
    e.claim("True.", pair.a == 41, sum);
    if (pair.b > 6) e.claim("No b is 7.", pair.b != 7, sum);
  });
  ASSERT_EQ(found.verdict, Verdict::refuted);
  ASSERT_TRUE(found.counterexample);
  EXPECT_EQ(found.counterexample->says, "No b is 7.");
  const auto& record = found.counterexample->record;
  ASSERT_EQ(record.size(), 2u);
  EXPECT_EQ(record[0].name, "a");
  EXPECT_EQ(record[0].value, 42u) << "terms are evaluated, not constants of the same name";
  EXPECT_EQ(record[1].value, 7u);
  EXPECT_EQ(found.counterexample->inputs.at(0).name, "pair.a");
  EXPECT_EQ(found.counterexample->inputs.at(0).value, 41u);
}

TEST(Claims, CounterexamplesAreMadeSmall) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y"), unused = e.fresh("unused");
    e.claim("Wrong.", x < 3 || y < 100 || ((x + y + unused) & 0xff) != 9);
  });
  ASSERT_TRUE(found.counterexample);
  EXPECT_LE(found.counterexample->inputs[0].value, 4096u);
  EXPECT_LE(found.counterexample->inputs[1].value, 4096u);
  EXPECT_EQ(found.counterexample->inputs[2].value, 0u);
}

/// A later assumption must not help a claim.
TEST(Claims, LaterAssumptionsDoNotHelpAClaim) {
  const auto body = [](bool assume_first) {
    return [=](Explorer& e) {
      const Bits x = e.fresh("x");
      if (assume_first) e.assume("x is below 5.", x < 5);
      e.claim("x is small.", x < 5);
      if (!assume_first) e.assume("x is below 5.", x < 5);
    };
  };
  EXPECT_EQ(explore(body(true)).verdict, Verdict::proved);
  EXPECT_EQ(explore(body(false)).verdict, Verdict::refuted);
}

TEST(Claims, AClaimOnAPathThatEndsAtAnAssumptionCounts) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x");
    e.claim("x is never 3.", x != 3);
    e.assume("Nothing is so.", false);
  });
  EXPECT_EQ(found.verdict, Verdict::refuted);
}

using Assumptions = std::map<std::string, bool>;

TEST(Claims, AnAssumptionIsNeededIfAClaimNeedsIt) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y");
    e.assume("x is small.", x < 10);
    e.assume("y is small.", y < 10);
    e.claim("x is not large.", x < 20);
  });
  EXPECT_EQ(found.verdict, Verdict::proved);
  EXPECT_EQ(found.assumptions, (Assumptions{{"x is small.", true}, {"y is small.", false}}));
}

TEST(Claims, AnAssumptionIsNeededIfItExcludesABranch) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y");
    e.assume("x is small.", x < 10);
    e.assume("y is small.", y < 10);
    if (x > 20) e.claim("Nothing.", false);
    if (x == 3) e.assume("x is not 3.", x != 3);
    e.claim("y is y.", y < 30 || y >= 30);
  });
  EXPECT_EQ(found.verdict, Verdict::proved);
  EXPECT_EQ(
      found.assumptions,
      (Assumptions{{"x is small.", true}, {"x is not 3.", true}, {"y is small.", false}}));
}

/// Of two sufficient assumptions one is needed; assumptions of one name count as one.
TEST(Claims, NoMoreAssumptionsAreNeededThanTheProofTakes) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y"), z = e.fresh("z");
    e.assume("below 5", x < 5);
    e.assume("below 8", x < 8);
    e.assume("both", y < 8);
    e.assume("both", z < 8);
    e.claim("x is below 9.", x < 9);
    e.claim("z is below 9.", z < 9);
  });
  EXPECT_EQ(
      found.assumptions, (Assumptions{{"below 5", false}, {"below 8", true}, {"both", true}}));
}

TEST(Claims, ALemmaIsNoAssumptionButNeedsThem) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x"), y = e.fresh("y");
    e.assume("x is small.", x < 10);
    e.assume("y is small.", y < 10);
    e.lemma("x is not large.", x < 20);
    e.claim("So.", x < 30);
  });
  EXPECT_EQ(found.claims, 2u);
  EXPECT_EQ(found.assumptions, (Assumptions{{"x is small.", true}, {"y is small.", false}}));
  EXPECT_EQ(
      explore([](Explorer& e) { e.lemma("Wrong.", e.fresh("x") < 20); }).verdict, Verdict::refuted);
}

TEST(Claims, AKnownTruthIsNoAssumption) {
  const Exploration found = explore([](Explorer& e) {
    const Bits x = e.fresh("x");
    e.assume("x is below 10.", x < 10);
    e.assume("1 is 1.", true);
    e.claim("x is not large.", x < 20);
  });
  EXPECT_EQ(found.assumptions, (Assumptions{{"x is below 10.", true}}));
}

TEST(Claims, ContentsAreReadAndWritten) {
  const Exploration found = explore([](Explorer& e) {
    const proofs::Image image = e.fresh_image("image");
    const Bits p = e.fresh("p"), q = e.fresh("q");
    const proofs::Image changed = with(image, p, 7);
    if (p == q) {
      e.claim("The written byte is read.", at(changed, q) == 7);
    } else {
      e.claim("Other bytes stay.", at(changed, q) == at(image, q));
    }
    e.claim("Bytes are below 256.", at(image, p) < 256);
  });
  EXPECT_EQ(found.verdict, Verdict::proved);
  EXPECT_EQ(found.paths, 2u);
  EXPECT_EQ(found.claims, 4u);
}

}  // namespace
}  // namespace quire::tests
