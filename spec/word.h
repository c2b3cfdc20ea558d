// The word types over which clauses and loops are written.
//
// A clause, and the control part of a loop, is written over a word type W. With W = std::uint64_t
// it is ordinary code that runs at native speed; with W = proofs::Bits the same text builds Z3
// terms.
//
// Only operations that mean the same in both worlds are named here. C++ leaves shifts by 64 or more
// undefined while SMT-LIB defines them, so shifts are spelled as total functions. All words are
// unsigned and wrap at 2^64; an error is a negative errno in two's complement, as in the kernel.
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>

namespace quire::spec {

/// The truth values of a world: bool for std::uint64_t, a Z3 Boolean for proofs::Bits.
template <class W>
using TruthOf = decltype(std::declval<const W&>() == std::declval<const W&>());

/// lsh(a, n): a shifted left by n bits, 0 from n = 64 on (SMT-LIB bvshl).
constexpr std::uint64_t lsh(std::uint64_t a, std::uint64_t n) { return n < 64 ? a << n : 0; }

/// rsh(a, n): a shifted right by n bits, 0 from n = 64 on (SMT-LIB bvlshr).
constexpr std::uint64_t rsh(std::uint64_t a, std::uint64_t n) { return n < 64 ? a >> n : 0; }

constexpr bool implies(bool p, bool q) { return !p || q; }
constexpr bool iff(bool p, bool q) { return p == q; }

/// ite(p, a, b): a if p, else b. Both are evaluated.
constexpr std::uint64_t ite(bool p, std::uint64_t a, std::uint64_t b) { return p ? a : b; }

/// The operations of a word. && and || do not short-circuit when symbolic, so both
/// sides must be meaningful on their own. A truth converts to bool in an `if`; a symbolic one then
/// makes the path explorer follow both ways (proofs/engine/explore.h).
template <class W>
concept Word = std::copyable<W> && requires(const W a, const TruthOf<W> p, std::uint64_t n) {
  W{n};
  { a + a } -> std::same_as<W>;
  { a - a } -> std::same_as<W>;
  { a& a } -> std::same_as<W>;
  { a | a } -> std::same_as<W>;
  { ~a } -> std::same_as<W>;
  { a + n } -> std::same_as<W>;
  { a < a } -> std::same_as<TruthOf<W>>;
  { a <= n } -> std::same_as<TruthOf<W>>;
  { lsh(a, a) } -> std::same_as<W>;
  { rsh(a, a) } -> std::same_as<W>;
  { ite(p, a, a) } -> std::same_as<W>;
  { implies(p, p) } -> std::same_as<TruthOf<W>>;
  { !p && (p || p) } -> std::same_as<TruthOf<W>>;
  static_cast<bool>(p);
};
static_assert(Word<std::uint64_t>);

/// product(a, b): a times b, modulo 2^64 (SMT-LIB bvmul).
constexpr std::uint64_t product(std::uint64_t a, std::uint64_t b) { return a * b; }

/// quotient(a, b): a by b, rounded down; 2^64 - 1 for b = 0 (SMT-LIB bvudiv).
constexpr std::uint64_t quotient(std::uint64_t a, std::uint64_t b) {
  return b == 0 ? ~std::uint64_t{0} : a / b;
}

/// A word that can also be multiplied and divided. Few rules need it, and their proofs are slow.
template <class W>
concept Arithmetic = Word<W> && requires(const W a) {
  { product(a, a) } -> std::same_as<W>;
  { quotient(a, a) } -> std::same_as<W>;
};
static_assert(Arithmetic<std::uint64_t>);

/// The smaller of two words.
template <Word W>
constexpr W min(const W& a, const W& b) {
  return ite(a < b, a, b);
}

/// The larger of two words.
template <Word W>
constexpr W max(const W& a, const W& b) {
  return ite(a < b, b, a);
}

/// Whether exactly one bit of `a` is set.
template <Word W>
constexpr TruthOf<W> is_power_of_two(const W& a) {
  return a != 0 && (a & (a - 1)) == 0;
}

/// `a` rounded down to a multiple of `unit`, a power of two.
template <Word W>
constexpr W round_down(const W& a, const W& unit) {
  return a & ~(unit - 1);
}

/// `a` rounded up to a multiple of `unit`, a power of two. Wraps where the result exceeds 2^64 - 1.
template <Word W>
constexpr W round_up(const W& a, const W& unit) {
  return (a + unit - 1) & ~(unit - 1);
}

/// -errno as a word: error(EFAULT) is 2^64 - 14.
constexpr std::uint64_t error(int positive_errno) {
  return std::uint64_t{0} - static_cast<std::uint64_t>(positive_errno);
}

/// The most errno values there can be (the kernel's MAX_ERRNO): words from 2^64 - 4095 are errors.
inline constexpr std::uint64_t kErrorsMax = 4095;

/// Whether a word is a negative errno.
template <Word W>
constexpr TruthOf<W> is_error(const W& a) {
  return std::uint64_t{0} - kErrorsMax <= a;
}

}  // namespace quire::spec
