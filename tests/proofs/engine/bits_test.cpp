// Operations on symbolic words agree with those on numbers.
#include "proofs/engine/bits.h"

#include "proofs/engine/image.h"
#include "spec/word.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <limits>
#include <stdexcept>

namespace quire::tests {
namespace {

using proofs::Bits;
using proofs::Truth;

/// Words at which mistakes show: near 0, near 2^64, near powers of two, small shifts, and any.
rc::Gen<std::uint64_t> word() {
  return rc::gen::oneOf(
      rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange<std::uint64_t>(0, 70),
      rc::gen::map(rc::gen::inRange<std::uint64_t>(0, 70), std::negate<>{}),
      rc::gen::map(rc::gen::inRange(0, 64), [](int n) { return std::uint64_t{1} << n; }));
}

/// The value of a term over x and y for these numbers.
class Substituted {
 public:
  Substituted(std::uint64_t x, std::uint64_t y) {
    from_.push_back(x_);
    from_.push_back(y_);
    to_.push_back(c_.bv_val(x, 64));
    to_.push_back(c_.bv_val(y, 64));
  }

  Bits x() const { return Bits{x_}; }
  Bits y() const { return Bits{y_}; }

  std::uint64_t value(const Bits& term) { return put_in(term.expr(c_)).get_numeral_uint64(); }
  bool value(const Truth& term) { return put_in(term.expr(c_)).is_true(); }

 private:
  z3::expr put_in(z3::expr term) { return term.substitute(from_, to_).simplify(); }

  z3::context c_;
  z3::expr x_ = c_.bv_const("x", 64);
  z3::expr y_ = c_.bv_const("y", 64);
  z3::expr_vector from_{c_}, to_{c_};
};

/// f(x, y) over numbers equals f(x, y) over terms, and over terms of which one is known.
template <class F>
void agrees(const F& f) {
  const std::uint64_t x = *word(), y = *word();
  Substituted put_in{x, y};
  const auto expected = f(x, y);
  RC_ASSERT(put_in.value(f(put_in.x(), put_in.y())) == expected);
  RC_ASSERT(put_in.value(f(put_in.x(), Bits{y})) == expected);
  RC_ASSERT(put_in.value(f(Bits{x}, put_in.y())) == expected);
  const auto known = f(Bits{x}, Bits{y}).known();
  RC_ASSERT(known.has_value());
  RC_ASSERT(*known == expected);
}

using spec::ite, spec::lsh, spec::rsh;

RC_GTEST_PROP(Bits, ArithmeticIsThatOfNumbers, ()) {
  agrees([](auto x, auto y) { return x + y; });
  agrees([](auto x, auto y) { return x - y; });
  agrees([](auto x, auto y) { return x - 1 + (y - x); });
}

RC_GTEST_PROP(Bits, BitwiseOperationsAreThoseOfNumbers, ()) {
  agrees([](auto x, auto y) { return x & y; });
  agrees([](auto x, auto y) { return x | y; });
  agrees([](auto x, auto y) { return ~x & ~(y | 1); });
}

RC_GTEST_PROP(Bits, ShiftsAreTotal, ()) {
  agrees([](auto x, auto y) { return lsh(x, y); });
  agrees([](auto x, auto y) { return rsh(x, y); });
}

RC_GTEST_PROP(Bits, ComparisonsAreUnsigned, ()) {
  agrees([](auto x, auto y) { return x < y; });
  agrees([](auto x, auto y) { return x <= y; });
  agrees([](auto x, auto y) { return x > y; });
  agrees([](auto x, auto y) { return x >= y; });
  agrees([](auto x, auto y) { return x == y; });
  agrees([](auto x, auto y) { return x != y; });
}

RC_GTEST_PROP(Bits, TruthsAreThoseOfNumbers, ()) {
  agrees([](auto x, auto y) { return x < y && y < x + 9; });
  agrees([](auto x, auto y) { return x < y || x == 3; });
  agrees([](auto x, auto y) {
    using spec::implies;
    return implies(x < y, x + 1 <= y);
  });
  agrees([](auto x, auto y) {
    using spec::iff;
    return iff(x < y, x <= 7);
  });
  agrees([](auto x, auto y) { return ite(x < y, x, y + 1); });
}

RC_GTEST_PROP(Bits, FunctionsOfTheModelAreTheSame, ()) {
  agrees([](auto x, auto y) { return spec::min(x, y) + spec::max(x, y); });
  agrees([](auto x, auto y) { return spec::round_down(x, y) + spec::round_up(x, y); });
  agrees([](auto x, auto y) { return spec::is_power_of_two(x) || spec::is_error(y); });
}

TEST(Bits, LiftConstantsOf64Bits) {
  z3::context c;
  const Bits x{c.bv_const("x", 64)};
  EXPECT_EQ((x + 0x1'0000'0000u).expr(c).to_string(), "(bvadd x #x0000000100000000)");
  EXPECT_EQ((0 <= x).expr(c).to_string(), "(bvule #x0000000000000000 x)");
}

TEST(Truth, MixesWithBools) {
  z3::context c;
  const Truth p{c.bool_const("p")};
  EXPECT_EQ((true && p).expr(c).to_string(), "p");
  EXPECT_EQ((p && false).known(), false);
  EXPECT_EQ((p || true).known(), true);
  EXPECT_EQ((false || p).expr(c).to_string(), "p");
  EXPECT_EQ(iff(p, false).expr(c).to_string(), "(not p)");
}

/// Outside of an exploration a truth has no value.
TEST(Truth, ThrowsOutsideOfAnExploration) {
  z3::context c;
  const Bits x{c.bv_const("x", 64)};
  EXPECT_THROW((void)static_cast<bool>(x == 0), std::logic_error);
  EXPECT_TRUE(static_cast<bool>(Bits{4} == 4));
}

TEST(Image, ReadsWhatWasWritten) {
  z3::context c;
  const proofs::Image image{c, "image"};
  const Bits p{c.bv_const("p", 64)};
  const proofs::Image changed = with(image, p, Bits{0x1ff});
  EXPECT_EQ(at(changed, p).expr(c).simplify().get_numeral_uint64(), 0xffu);
}

/// Why Bits exists: ordinary C++ on z3::expr is not arithmetic of unsigned words.
TEST(Z3Expr, IsNotAnUnsignedWord) {
  z3::context c;
  const z3::expr x = c.bv_const("x", 64);
  EXPECT_EQ((x <= 5).to_string(), "(bvsle x #x0000000000000005)");
  EXPECT_EQ((x / 2).to_string(), "(bvsdiv x #x0000000000000002)");
}

}  // namespace
}  // namespace quire::tests
