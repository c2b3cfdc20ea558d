// Questions about words as questions about integers.
//
// A write loop adds, subtracts and compares. An equation between sums of lengths takes Z3 seconds
// as a circuit of bits, and milliseconds as linear arithmetic.
#pragma once

#include <z3++.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace quire::proofs {

/// The integers that stand for a question's words. A word of n bits is an integer from 0 to 2^n-1.
/// Sums, differences, products, quotients, comparisons, choices, zero extension and shifts by a
/// known number are exact, wrap-around included. An `and` is only known to be at most either side,
/// and nothing is known of any other operation. So unsat for the integers is unsat for the words; a
/// model must be tried on the words (`values_of`). One object a question; one thread.
class Integers {
 public:
  explicit Integers(z3::context& c) : c_(c) {}

  /// Adds a fact of the question to `facts`, as one or more facts about integers.
  void add(z3::expr_vector& facts, const z3::expr& fact);

  /// Whether all facts so far are linear. Products and quotients are too much for bits.
  bool linear() const { return linear_; }

  /// How many words of the facts so far are not exact.
  unsigned open() const { return open_; }

  /// A solver for facts such as those so far.
  z3::solver solver() const;

  /// The words that a model of the integers stands for.
  z3::model values_of(const z3::model& integers) const;

 private:
  z3::expr truth(const z3::expr& e);
  z3::expr word(const z3::expr& e);
  z3::expr translated(const z3::expr& e);
  z3::expr sum(const z3::expr& e, bool plus);
  static unsigned width(const z3::expr& e);
  z3::expr product(const z3::expr& e);
  z3::expr quotient(const z3::expr& e);
  z3::expr shifted_right(const z3::expr& e);
  z3::expr below(const char* name, unsigned bits);
  z3::expr left_open(const char* name, unsigned bits);
  z3::expr power_of_two(unsigned bits) const;

  z3::context& c_;
  struct Word {
    z3::expr term;  // kept, so that its id is not given to another
    z3::expr integer;
  };

  std::unordered_map<unsigned, Word> words_;              // by the term's id
  std::vector<std::pair<z3::expr, z3::expr>> constants_;  // a word, and its integer
  std::vector<z3::expr> defining_;                        // facts not yet put to the solver
  unsigned fresh_ = 0;
  unsigned open_ = 0;
  bool linear_ = true;
};

}  // namespace quire::proofs
