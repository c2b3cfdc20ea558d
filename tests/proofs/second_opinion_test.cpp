// cvc5 is asked what a proof rests on, and what it does not agree to is told.
#include "proofs/second_opinion.h"

#include "proofs/command.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using proofs::Bits;
using proofs::Explorer;
using proofs::Obligation;

constexpr const char* kCannotBe = R"((set-logic QF_BV)
(declare-const x (_ BitVec 64))
(assert (bvult x (_ bv10 64)))
(assert (bvult (_ bv10 64) x))
(check-sat)
)";
constexpr const char* kCanBe = R"((set-logic QF_BV)
(declare-const x (_ BitVec 64))
(assert (bvult x (_ bv10 64)))
(check-sat)
)";

TEST(SecondOpinion, AgreesToWhatCannotBe) {
  proofs::SecondOpinion second{10'000};
  second.hear({"claim", "unsat", kCannotBe});
  second.hear({"branch", "unsat", kCannotBe});
  const proofs::Opinion opinion = second.ask();
  EXPECT_EQ(opinion.asked, 2u);
  EXPECT_EQ(opinion.agreed, 2u);
  EXPECT_EQ(opinion.reason, "");
}

TEST(SecondOpinion, TellsWhichAnswerItDoesNotAgreeTo) {
  proofs::SecondOpinion second{10'000};
  second.hear({"claim", "unsat", kCannotBe});
  second.hear({"branch", "unsat", kCanBe});
  const proofs::Opinion opinion = second.ask();
  EXPECT_EQ(opinion.agreed, 1u);
  EXPECT_EQ(opinion.reason, "cvc5 says sat to question 2 of 2, a branch");
}

TEST(SecondOpinion, IsNotAskedForModels) {
  proofs::SecondOpinion second{10'000};
  second.hear({"branch", "sat", kCanBe});
  second.hear({"assumption", "unknown", kCanBe});
  EXPECT_EQ(second.ask().asked, 0u);
}

TEST(SecondOpinion, GivesCvc5sOwnWordsForWhatItCannotRead) {
  proofs::SecondOpinion second{10'000};
  second.hear({"claim", "unsat", "(set-logic QF_BV)\n(assert nonsense)\n(check-sat)\n"});
  const std::string reason = second.ask().reason;
  EXPECT_NE(reason.find("unknown"), std::string::npos) << reason;
  EXPECT_NE(reason.find("nonsense"), std::string::npos) << reason;
}

int exit_of(const std::string& solver, bool holds) {
  const Obligation obligation{
      .name = "ref.below",
      .tag = "T-1",
      .subject = "ref",
      .says = "It is below.",
      .body = [holds](Explorer& e) {
        Bits x = e.fresh("x");
        e.assume(x < 10);
        if (e.broken("adds one")) x = x + 1;
        e.claim("x is below.", x < (holds ? 10 : 9));
      }};
  std::ostringstream out, err;
  return proofs::prove_command({"--solver", solver}, {obligation}, {out, err, false, false});
}

TEST(SecondOpinion, DecidesWithZ3OrAlone) {
  EXPECT_EQ(exit_of("both", true), 0);
  EXPECT_EQ(exit_of("cvc5", true), 0);
  EXPECT_EQ(exit_of("both", false), 1) << "Z3's counterexample was evaluated";
  EXPECT_EQ(exit_of("cvc5", false), 4) << "cvc5 says sat, and gives no counterexample";
}

}  // namespace
}  // namespace quire::tests
