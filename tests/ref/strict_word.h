// A word whose truths are no bools: the operations that a control text over symbolic words may use,
// and no more.
#pragma once

#include "spec/word.h"

#include <cstdint>
#include <ostream>

namespace quire::tests {

/// Only an explicit conversion makes a bool of it; && and || evaluate both sides.
struct StrictTruth {
  bool value;
  explicit operator bool() const { return value; }
};
inline StrictTruth operator&&(StrictTruth a, StrictTruth b) { return {a.value && b.value}; }
inline StrictTruth operator||(StrictTruth a, StrictTruth b) { return {a.value || b.value}; }
inline StrictTruth operator!(StrictTruth a) { return {!a.value}; }

struct StrictWord {
  constexpr StrictWord(std::uint64_t n) : value(n) {}
  std::uint64_t value;
};
inline StrictWord operator+(StrictWord a, StrictWord b) { return {a.value + b.value}; }
inline StrictWord operator-(StrictWord a, StrictWord b) { return {a.value - b.value}; }
inline StrictWord operator&(StrictWord a, StrictWord b) { return {a.value & b.value}; }
inline StrictWord operator|(StrictWord a, StrictWord b) { return {a.value | b.value}; }
inline StrictWord operator~(StrictWord a) { return {~a.value}; }
inline StrictTruth operator==(StrictWord a, StrictWord b) { return {a.value == b.value}; }
inline StrictTruth operator!=(StrictWord a, StrictWord b) { return {a.value != b.value}; }
inline StrictTruth operator<(StrictWord a, StrictWord b) { return {a.value < b.value}; }
inline StrictTruth operator<=(StrictWord a, StrictWord b) { return {a.value <= b.value}; }
inline StrictWord lsh(StrictWord a, StrictWord n) { return {spec::lsh(a.value, n.value)}; }
inline StrictWord rsh(StrictWord a, StrictWord n) { return {spec::rsh(a.value, n.value)}; }
inline StrictWord ite(StrictTruth p, StrictWord a, StrictWord b) { return p.value ? a : b; }
inline StrictTruth implies(StrictTruth p, StrictTruth q) { return {!p.value || q.value}; }
inline StrictTruth iff(StrictTruth p, StrictTruth q) { return {p.value == q.value}; }
static_assert(spec::Word<StrictWord>);

/// The number that a word stands for.
inline std::uint64_t number_of(std::uint64_t word) { return word; }
inline std::uint64_t number_of(StrictWord word) { return word.value; }

}  // namespace quire::tests
