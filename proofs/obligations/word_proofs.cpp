// round_down() and round_up(), for all words.
#include "proofs/obligations/obligations.h"
#include "spec/word.h"

namespace quire::proofs {
namespace {

/// A word, the unit that it is rounded to, and the result.
template <class W>
struct Rounding {
  BOOST_HANA_DEFINE_STRUCT(Rounding,
    (W, a),
    (W, unit),    // a power of two
    (W, rounded),
    (W, other)    // any multiple of the unit: none lies between a and the result
  );
};

Truth is_multiple(const Bits& a, const Bits& unit) { return (a & (unit - 1)) == 0; }

/// A word and a unit, and another multiple of the unit; not yet rounded.
Rounding<Bits> fresh_rounding(Explorer& e) {
  auto r = e.fresh_record<Rounding<Bits>>();
  e.assume("The unit is a power of two.", spec::is_power_of_two(r.unit));
  e.assume("The other word is a multiple of it.", is_multiple(r.other, r.unit));
  return r;
}

void round_down(Explorer& e) {
  auto r = fresh_rounding(e);
  r.rounded = spec::round_down(r.a, r.unit);
  if (e.broken("keeps the last bit below the unit")) r.rounded = r.a & ~rsh(r.unit - 1, 1);
  if (e.broken("goes one unit too far")) r.rounded = r.rounded - r.unit;
  e.claim("The result is a multiple of the unit.", is_multiple(r.rounded, r.unit), r);
  e.claim("The result is not above the word.", r.rounded <= r.a, r);
  e.claim(
      "No multiple of the unit lies between.", implies(r.other <= r.a, r.other <= r.rounded), r);
}

void round_up(Explorer& e) {
  auto r = fresh_rounding(e);
  e.assume("The result does not wrap.", r.a <= ~(r.unit - 1));
  r.rounded = spec::round_up(r.a, r.unit);
  if (e.broken("changes a multiple")) r.rounded = spec::round_down(r.a, r.unit) + r.unit;
  e.claim("The result is a multiple of the unit.", is_multiple(r.rounded, r.unit), r);
  e.claim("The result is not below the word.", r.a <= r.rounded, r);
  e.claim(
      "No multiple of the unit lies between.", implies(r.a <= r.other, r.rounded <= r.other), r);
}

}  // namespace

std::vector<Obligation> word_obligations() {
  return {
      {.name = "spec.word.round_down",
       .tag = "word.h",
       .subject = "spec",
       .says = "round_down(a, u) is the largest multiple of u that is not above a.",
       .body = round_down},
      {.name = "spec.word.round_up",
       .tag = "word.h",
       .subject = "spec",
       .says = "round_up(a, u) is the smallest multiple of u that is not below a, unless it wraps.",
       .body = round_up},
  };
}

}  // namespace quire::proofs
