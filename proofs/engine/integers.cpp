// The translation, term by term. Each integer is bounded, so that the arithmetic is exact.
#include "proofs/engine/integers.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>

namespace quire::proofs {
namespace {

/// The other summand, if `total` is a sum of two of which `part` is one.
std::optional<z3::expr> without(const z3::expr& total, const z3::expr& part) {
  if (!total.is_app() || total.decl().decl_kind() != Z3_OP_BADD || total.num_args() != 2) return {};
  if (z3::eq(total.arg(0), part)) return total.arg(1);
  if (z3::eq(total.arg(1), part)) return total.arg(0);
  return {};
}

}  // namespace

z3::expr Integers::power_of_two(unsigned bits) const {
  if (bits < 64) return c_.int_val(std::uint64_t{1} << bits);
  return (power_of_two(63) * power_of_two(bits - 63)).simplify();
}

z3::expr Integers::below(const char* name, unsigned bits) {
  const z3::expr x = c_.int_const((std::string(name) + std::to_string(++fresh_)).c_str());
  defining_.push_back(0 <= x && x < power_of_two(bits));
  return x;
}

/// The integer for a word whose term is not translated, or only in part.
z3::expr Integers::left_open(const char* name, unsigned bits) {
  ++open_;
  return below(name, bits);
}

/// Each step wraps at most once.
z3::expr Integers::sum(const z3::expr& e, bool plus) {
  const unsigned bits = e.get_sort().bv_size();
  z3::expr total = word(e.arg(0));
  for (unsigned i = 1; i < e.num_args(); ++i) {
    const z3::expr wrap = power_of_two(bits) * below("wrap!", 1);
    total = plus ? total + word(e.arg(i)) - wrap : total - word(e.arg(i)) + wrap;
    defining_.push_back(0 <= total && total < power_of_two(bits));
  }
  return total;
}

/// An upper bound on the bits of a word's value, from the form of its term.
unsigned Integers::width(const z3::expr& e) {
  const unsigned bits = e.get_sort().bv_size();
  std::uint64_t number = 0;
  if (e.is_numeral_u64(number)) return static_cast<unsigned>(std::bit_width(number));
  if (!e.is_app()) return bits;
  switch (e.decl().decl_kind()) {
    case Z3_OP_ZERO_EXT: return width(e.arg(0));
    case Z3_OP_ITE: return std::max(width(e.arg(1)), width(e.arg(2)));
    case Z3_OP_BADD:
      if (e.num_args() != 2) return bits;
      return std::min(bits, std::max(width(e.arg(0)), width(e.arg(1))) + 1);
    case Z3_OP_BMUL: return std::min(bits, width(e.arg(0)) + width(e.arg(1)));
    case Z3_OP_BLSHR: return width(e.arg(0));
    case Z3_OP_BSUB:
      if (const auto rest = without(e.arg(0), e.arg(1)); rest && e.num_args() == 2) {
        return width(*rest);
      }
      return bits;
    default: return bits;
  }
}

z3::expr Integers::product(const z3::expr& e) {
  const unsigned bits = e.get_sort().bv_size();
  const z3::expr one = word(e.arg(0)), other = word(e.arg(1));
  linear_ = linear_ && (one.is_numeral() || other.is_numeral());
  if (width(e.arg(0)) + width(e.arg(1)) <= bits) return one * other;
  const z3::expr made = below("product!", bits);
  defining_.push_back(made == one * other - power_of_two(bits) * below("wraps!", bits));
  return made;
}

/// A division by 0 answers all ones (SMT-LIB bvudiv).
z3::expr Integers::quotient(const z3::expr& e) {
  const unsigned bits = e.get_sort().bv_size();
  const z3::expr dividend = word(e.arg(0)), divisor = word(e.arg(1));
  linear_ = linear_ && divisor.is_numeral();
  const z3::expr made = below("quotient!", bits);
  const z3::expr times = made * divisor;
  defining_.push_back(z3::ite(
      divisor == 0, made == power_of_two(bits) - 1,
      times <= dividend && dividend < times + divisor));
  return made;
}

z3::expr Integers::shifted_right(const z3::expr& e) {
  const unsigned bits = e.get_sort().bv_size();
  std::uint64_t by = 0;
  if (!e.arg(1).is_numeral_u64(by)) return left_open("open!", bits);
  if (by >= bits) return c_.int_val(0);
  const z3::expr quotient = below("quotient!", bits);
  defining_.push_back(
      word(e.arg(0)) == power_of_two(static_cast<unsigned>(by)) * quotient +
                            below("remainder!", static_cast<unsigned>(by)));
  return quotient;
}

z3::expr Integers::word(const z3::expr& e) {
  if (const auto found = words_.find(e.id()); found != words_.end()) return found->second.integer;
  const z3::expr made = translated(e);
  words_.emplace(e.id(), Word{e, made});
  return made;
}

z3::expr Integers::translated(const z3::expr& e) {
  const unsigned bits = e.get_sort().bv_size();
  if (e.is_numeral()) return c_.int_val(e.get_decimal_string(0).c_str());
  switch (e.decl().decl_kind()) {
    case Z3_OP_UNINTERPRETED:
      constants_.emplace_back(e, below("word!", bits));
      return constants_.back().second;
    case Z3_OP_ZERO_EXT: return word(e.arg(0));
    case Z3_OP_BADD: return sum(e, true);
    case Z3_OP_BSUB:
      if (const auto rest = without(e.arg(0), e.arg(1)); rest && e.num_args() == 2) {
        return word(*rest);
      }
      return sum(e, false);
    case Z3_OP_BMUL: return product(e);
    case Z3_OP_BUDIV: return quotient(e);
    case Z3_OP_BLSHR: return shifted_right(e);
    case Z3_OP_ITE: return z3::ite(truth(e.arg(0)), word(e.arg(1)), word(e.arg(2)));
    case Z3_OP_BAND: {
      const z3::expr both = left_open("and!", bits);
      for (unsigned i = 0; i < e.num_args(); ++i) defining_.push_back(both <= word(e.arg(i)));
      return both;
    }
    default: return left_open("open!", bits);
  }
}

z3::expr Integers::truth(const z3::expr& e) {
  const auto all = [&] {
    z3::expr_vector parts{c_};
    for (unsigned i = 0; i < e.num_args(); ++i) parts.push_back(truth(e.arg(i)));
    return parts;
  };
  switch (e.decl().decl_kind()) {
    case Z3_OP_TRUE:
    case Z3_OP_FALSE: return e;
    case Z3_OP_NOT: return !truth(e.arg(0));
    case Z3_OP_AND: return z3::mk_and(all());
    case Z3_OP_OR: return z3::mk_or(all());
    case Z3_OP_IMPLIES: return z3::implies(truth(e.arg(0)), truth(e.arg(1)));
    case Z3_OP_ITE: return z3::ite(truth(e.arg(0)), truth(e.arg(1)), truth(e.arg(2)));
    case Z3_OP_EQ:
      if (e.arg(0).is_bool()) return truth(e.arg(0)) == truth(e.arg(1));
      if (e.arg(0).is_bv()) return word(e.arg(0)) == word(e.arg(1));
      break;
    case Z3_OP_DISTINCT:
      if (e.num_args() == 2 && e.arg(0).is_bv()) return word(e.arg(0)) != word(e.arg(1));
      break;
    case Z3_OP_ULT: return word(e.arg(0)) < word(e.arg(1));
    case Z3_OP_ULEQ: return word(e.arg(0)) <= word(e.arg(1));
    case Z3_OP_UGT: return word(e.arg(0)) > word(e.arg(1));
    case Z3_OP_UGEQ: return word(e.arg(0)) >= word(e.arg(1));
    default: break;
  }
  return c_.bool_const(("open!" + std::to_string(++fresh_)).c_str());
}

void Integers::add(z3::expr_vector& facts, const z3::expr& fact) {
  facts.push_back(truth(fact));
  for (const z3::expr& definition : std::exchange(defining_, {})) facts.push_back(definition);
}

z3::solver Integers::solver() const {
  // Not the solver of QF_NIA: its timers within timers can wait for each other for ever
  // (Z3 4.8.12).
  return linear_ ? z3::solver{c_, "QF_LIA"} : z3::solver{c_, z3::solver::simple{}};
}

z3::model Integers::values_of(const z3::model& integers) const {
  z3::model words{c_};
  for (const auto& [word, integer] : constants_) {
    z3::func_decl name = word.decl();
    z3::expr value = c_.bv_val(
        integers.eval(integer, true).get_decimal_string(0).c_str(), word.get_sort().bv_size());
    words.add_const_interp(name, value);
  }
  return words;
}

}  // namespace quire::proofs
