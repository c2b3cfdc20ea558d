// The symbolic word: clauses and loops over it build Z3 terms.
//
// Bits is a 64-bit vector read as an unsigned number. It exists because z3::expr cannot stand in
// for std::uint64_t itself: on bit-vectors its <, <=, >, >=, / and >> are the signed ones, and its
// mixed operators take int, so a 64-bit constant would be cut to 32 bits silently.
//
// A known value stays a number and needs no solver; it becomes a term in an operation with one.
#pragma once

#include "spec/word.h"

#include <z3++.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <utility>

namespace quire::proofs {

/// Which branch the current path of the exploration takes (proofs/engine/explore.h). Throws
/// std::logic_error on a thread that is not exploring.
bool decide(const z3::expr& condition);

/// Whether ite, && and || fork the run as an `if` does (ExploreOptions::forks_at_choices).
bool forks_at_choices();

/// A Z3 Boolean. && and || do not short-circuit, unless choices fork.
class Truth {
 public:
  template <std::same_as<bool> B>
  Truth(B known) : known_(known) {}
  explicit Truth(z3::expr term) : term_(std::move(term)) {}

  /// Forks the run that is being explored: it is repeated until both branches, if feasible, have
  /// been followed. Throws std::logic_error outside of an exploration, unless the truth is known.
  explicit operator bool() const { return term_ ? decide(*term_) : known_; }

  /// The value, where it is the same for every assignment by construction.
  std::optional<bool> known() const { return term_ ? std::nullopt : std::optional{known_}; }
  z3::expr expr(z3::context& c) const { return term_ ? *term_ : c.bool_val(known_); }
  /// Where the term lives. Requires a truth that is not known.
  z3::context& context() const { return term_->ctx(); }

  friend Truth operator!(const Truth& p) { return p.term_ ? Truth{!*p.term_} : Truth{!p.known_}; }
  friend Truth operator&&(const Truth& p, const Truth& q) {
    if (!p.term_) return p.known_ ? q : p;
    if (!q.term_) return q.known_ ? p : q;
    if (forks_at_choices()) return static_cast<bool>(p) ? q : Truth{false};
    return Truth{*p.term_ && *q.term_};
  }
  friend Truth operator||(const Truth& p, const Truth& q) {
    if (!p.term_) return p.known_ ? p : q;
    if (!q.term_) return q.known_ ? q : p;
    if (forks_at_choices()) return static_cast<bool>(p) ? Truth{true} : q;
    return Truth{*p.term_ || *q.term_};
  }
  friend Truth implies(const Truth& p, const Truth& q) { return !p || q; }
  friend Truth iff(const Truth& p, const Truth& q) {
    if (!p.term_) return p.known_ ? q : !q;
    if (!q.term_) return q.known_ ? p : !p;
    return Truth{*p.term_ == *q.term_};
  }

  // Exact matches, since the built-in operators would ask the explorer for a bool.
  template <std::same_as<bool> B>
  friend Truth operator&&(B p, const Truth& q) {
    return Truth{p} && q;
  }
  template <std::same_as<bool> B>
  friend Truth operator&&(const Truth& p, B q) {
    return p && Truth{q};
  }
  template <std::same_as<bool> B>
  friend Truth operator||(B p, const Truth& q) {
    return Truth{p} || q;
  }
  template <std::same_as<bool> B>
  friend Truth operator||(const Truth& p, B q) {
    return p || Truth{q};
  }

 private:
  bool known_ = false;
  std::optional<z3::expr> term_;
};

class Bits {
 public:
  Bits(std::uint64_t known) : known_(known) {}
  Bits(std::floating_point auto) = delete;
  explicit Bits(z3::expr term) : term_(std::move(term)) {}

  /// The value, where it is the same for every assignment by construction.
  std::optional<std::uint64_t> known() const {
    return term_ ? std::nullopt : std::optional{known_};
  }
  z3::expr expr(z3::context& c) const { return term_ ? *term_ : c.bv_val(known_, 64); }

  friend Bits operator~(const Bits& a) { return a.term_ ? Bits{~*a.term_} : Bits{~a.known_}; }
  friend Bits operator+(const Bits& a, const Bits& b) {
    if (a.known() == 0) return b;
    if (b.known() == 0) return a;
    return combine<Bits>(
        a, b, [](Number x, Number y) { return x + y; }, z3::operator+);
  }
  friend Bits operator-(const Bits& a, const Bits& b) {
    if (b.known() == 0) return a;
    return combine<Bits>(
        a, b, [](Number x, Number y) { return x - y; }, z3::operator-);
  }
  friend Bits operator&(const Bits& a, const Bits& b) {
    return combine<Bits>(
        a, b, [](Number x, Number y) { return x & y; }, z3::operator&);
  }
  friend Bits operator|(const Bits& a, const Bits& b) {
    return combine<Bits>(
        a, b, [](Number x, Number y) { return x | y; }, z3::operator|);
  }
  friend Bits lsh(const Bits& a, const Bits& n) {
    return combine<Bits>(
        a, n, [](Number x, Number y) { return spec::lsh(x, y); }, z3::shl);
  }
  friend Bits rsh(const Bits& a, const Bits& n) {
    return combine<Bits>(
        a, n, [](Number x, Number y) { return spec::rsh(x, y); }, z3::lshr);
  }
  friend Bits product(const Bits& a, const Bits& b) {
    if (a.known() == 1) return b;
    if (b.known() == 1) return a;
    return combine<Bits>(
        a, b, [](Number x, Number y) { return spec::product(x, y); }, z3::operator*);
  }
  friend Bits quotient(const Bits& a, const Bits& b) {
    return combine<Bits>(
        a, b, [](Number x, Number y) { return spec::quotient(x, y); }, z3::udiv);
  }
  friend Truth operator==(const Bits& a, const Bits& b) {
    if (a.term_ && b.term_ && z3::eq(*a.term_, *b.term_)) return true;
    return combine<Truth>(
        a, b, [](Number x, Number y) { return x == y; }, z3::operator==);
  }
  friend Truth operator<(const Bits& a, const Bits& b) {
    return combine<Truth>(
        a, b, [](Number x, Number y) { return x < y; }, z3::ult);
  }
  friend Truth operator<=(const Bits& a, const Bits& b) {
    return combine<Truth>(
        a, b, [](Number x, Number y) { return x <= y; }, z3::ule);
  }
  friend Truth operator!=(const Bits& a, const Bits& b) { return !(a == b); }
  friend Truth operator>(const Bits& a, const Bits& b) { return b < a; }
  friend Truth operator>=(const Bits& a, const Bits& b) { return b <= a; }

 private:
  using Number = std::uint64_t;
  using Term = z3::expr;

  /// on_numbers where both operands are known, else on_terms, with the known one made a term.
  template <class Result, class OnNumbers>
  static Result combine(
      const Bits& a, const Bits& b, OnNumbers on_numbers,
      Term (*on_terms)(const Term&, const Term&)) {
    if (!a.term_ && !b.term_) return Result{on_numbers(a.known_, b.known_)};
    z3::context& c = a.term_ ? a.term_->ctx() : b.term_->ctx();
    return Result{on_terms(a.expr(c), b.expr(c))};
  }

  Number known_ = 0;
  std::optional<Term> term_;
};

/// a if p, else b. Forks only where choices do, and a and b are not the same number.
inline Bits ite(const Truth& p, const Bits& a, const Bits& b) {
  if (const auto known = p.known()) return *known ? a : b;
  if (forks_at_choices()) {
    if (a.known() && a.known() == b.known()) return a;
    return static_cast<bool>(p) ? a : b;
  }
  z3::context& c = p.context();
  return Bits{z3::ite(p.expr(c), a.expr(c), b.expr(c))};
}

static_assert(spec::Word<Bits> && spec::Arithmetic<Bits>);

}  // namespace quire::proofs
