// A question about integers has the answer of the question about bits: never unsat for a sat one.
#include "proofs/engine/integers.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace quire::tests {
namespace {

struct Said {
  z3::check_result answer;
  bool fits = false;  ///< the words that the integers stand for satisfy every fact
};

Said by_integers(z3::context& c, const std::vector<z3::expr>& facts) {
  proofs::Integers integers{c};
  z3::expr_vector as_integers{c};
  for (const z3::expr& fact : facts) integers.add(as_integers, fact);
  z3::solver solver = integers.solver();
  solver.set("timeout", 1000u);
  solver.add(as_integers);
  const z3::check_result answer = solver.check();
  if (answer != z3::sat) return {answer};
  const z3::model words = integers.values_of(solver.get_model());
  bool fits = true;
  for (const z3::expr& fact : facts) fits = fits && words.eval(fact, true).is_true();
  return {answer, fits};
}

z3::check_result by_bits(z3::context& c, const std::vector<z3::expr>& facts) {
  z3::solver solver{c, "QF_BV"};
  for (const z3::expr& fact : facts) solver.add(fact);
  return solver.check();
}

/// Terms of 6 bits over words of 4, so that sums and differences wrap.
class Terms {
 public:
  explicit Terms(z3::context& c) : c_(c) {
    for (const char* name : {"x", "y", "z"}) words_.push_back(z3::zext(c.bv_const(name, 4), 2));
  }

  z3::expr word(int depth) {
    if (depth == 0) {
      const int which = *rc::gen::inRange(0, 5);
      return which < 3 ? words_[static_cast<std::size_t>(which)] : c_.bv_val(number(), 6);
    }
    const z3::expr a = word(depth - 1);
    if (multiplies && *rc::gen::inRange(0, 2) == 0) {
      const z3::expr b = word(depth - 1);
      return *rc::gen::inRange(0, 2) == 0 ? a * b : z3::udiv(a, b);
    }
    switch (*rc::gen::inRange(0, all_exact ? 4 : 6)) {
      case 0: return a + word(depth - 1);
      case 1: return a - word(depth - 1);
      case 2: return z3::ite(truth(depth - 1), a, word(depth - 1));
      case 3: return z3::lshr(a, c_.bv_val(*rc::gen::inRange(0, 7), 6));
      case 4: return a & word(depth - 1);
      default: return z3::shl(a, word(depth - 1));
    }
  }

  z3::expr truth(int depth) {
    const int which = *rc::gen::inRange(0, depth == 0 ? 3 : 6);
    if (which < 3) {
      const z3::expr a = word(depth), b = word(depth);
      return which == 0 ? a == b : which == 1 ? z3::ult(a, b) : z3::ule(a, b);
    }
    const z3::expr p = truth(depth - 1);
    return which == 3 ? !p : which == 4 ? p && truth(depth - 1) : p || truth(depth - 1);
  }

  bool all_exact = true;
  bool multiplies = false;

 private:
  static unsigned number() { return static_cast<unsigned>(*rc::gen::inRange(0, 64)); }

  z3::context& c_;
  std::vector<z3::expr> words_;
};

RC_GTEST_PROP(Integers, AreExactInSumsComparisonsAndChoices, ()) {
  z3::context c;
  Terms terms{c};
  const std::vector<z3::expr> facts{terms.truth(2), terms.truth(1), terms.truth(1)};
  const Said said = by_integers(c, facts);
  RC_ASSERT(said.answer == by_bits(c, facts));
  if (said.answer == z3::sat) RC_ASSERT(said.fits);
}

RC_GTEST_PROP(Integers, RuleOutNothingThatBitsAllow, ()) {
  z3::context c;
  Terms terms{c};
  terms.all_exact = false;
  const std::vector<z3::expr> facts{terms.truth(2), terms.truth(1), terms.truth(1)};
  const Said said = by_integers(c, facts);
  if (said.answer == z3::unsat || said.fits) RC_ASSERT(said.answer == by_bits(c, facts));
}

RC_GTEST_PROP(Integers, AreExactInProductsAndQuotientsTheyHaveAnAnswerFor, ()) {
  z3::context c;
  Terms terms{c};
  terms.multiplies = true;
  const std::vector<z3::expr> facts{terms.truth(1), terms.truth(1)};
  const Said said = by_integers(c, facts);
  RC_CLASSIFY(said.answer == z3::unknown, "unknown");
  if (said.answer == z3::unknown) return;
  RC_ASSERT(said.answer == by_bits(c, facts));
  if (said.answer == z3::sat) RC_ASSERT(said.fits);
}

TEST(Integers, SolveAProductThatIsSlowAsBits) {
  z3::context c;
  const auto word = [&](const char* name) { return z3::zext(c.bv_const(name, 32), 32); };
  const z3::expr a = word("a"), b = word("b");
  const z3::expr q = z3::udiv(a, b);
  EXPECT_EQ(by_integers(c, {b != 0, z3::ugt(q * b, a)}).answer, z3::unsat);
  EXPECT_EQ(by_integers(c, {b != 0, z3::ule(q * b + b, a)}).answer, z3::unsat);
  EXPECT_TRUE(by_integers(c, {b == 0, q == -1}).fits);
}

TEST(Integers, SumsAndDifferencesWrapAt64Bits) {
  z3::context c;
  const z3::expr x = c.bv_const("x", 64);
  EXPECT_TRUE(by_integers(c, {z3::ult(x + 1, x)}).fits);
  EXPECT_EQ(by_integers(c, {z3::ult(x + 1, x), x != -1}).answer, z3::unsat);
  EXPECT_TRUE(by_integers(c, {z3::ugt(x - 1, x)}).fits);
  EXPECT_EQ(by_integers(c, {z3::ugt(x - 1, x), x != 0}).answer, z3::unsat);
}

TEST(Integers, AreExactForWiderWordsToo) {
  z3::context c;
  const z3::expr x = c.bv_const("x", 130);
  EXPECT_TRUE(by_integers(c, {z3::ult(x + 1, x)}).fits);
  EXPECT_EQ(by_integers(c, {z3::ult(x + 1, x), x + 1 != 0}).answer, z3::unsat);
}

TEST(Integers, BoundAnAndByItsMask) {
  z3::context c;
  const z3::expr x = c.bv_const("x", 64), chunk = c.bv_const("chunk", 64);
  EXPECT_EQ(by_integers(c, {chunk != 0, z3::uge(x & (chunk - 1), chunk)}).answer, z3::unsat);
}

TEST(Integers, LeaveOtherOperationsOpen) {
  z3::context c;
  const z3::expr x = c.bv_const("x", 64);
  EXPECT_EQ(by_bits(c, {(x ^ x) != 0}), z3::unsat);
  const Said said = by_integers(c, {(x ^ x) != 0});
  EXPECT_EQ(said.answer, z3::sat);
  EXPECT_FALSE(said.fits) << "what cannot be must not be taken for a counterexample";
}

}  // namespace
}  // namespace quire::tests
