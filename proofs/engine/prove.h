// Asking Z3, and reading its answer back as concrete values.
#pragma once

#include "proofs/engine/bits.h"
#include "spec/reflect.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace quire::proofs {

/// The value that a model gives to a term; 0 or false where the model leaves it open.
std::uint64_t value_of(const z3::model& m, const Bits& term);
bool value_of(const z3::model& m, const Truth& term);

/// One leaf of a record, by its path in it: "before.pos".
struct Field {
  std::string name;
  std::uint64_t value;
};

/// The leaves of `terms` in declaration order, as a model evaluates them. Leaves that are neither
/// words nor truths (contents, say) are left out.
template <spec::Reflected Symbolic>
std::vector<Field> fields(const z3::model& m, const Symbolic& terms) {
  std::vector<Field> found;
  spec::for_each_leaf(terms, [&]<class Leaf>(const std::string& name, const Leaf& leaf) {
    if constexpr (std::is_same_v<Leaf, Bits> || std::is_same_v<Leaf, Truth>) {
      found.push_back({name, static_cast<std::uint64_t>(value_of(m, leaf))});
    } else if constexpr (std::is_integral_v<Leaf>) {
      found.push_back({name, static_cast<std::uint64_t>(leaf)});
    }
  });
  return found;
}

enum class Verdict { proved, refuted, undecided };

/// A question to Z3, as a listener receives it.
struct Query {
  std::string about;   ///< "branch", "assumption", "claim", or "smaller" counterexample
  std::string answer;  ///< "sat", "unsat" or "unknown"; "unasked" if left to another solver
  std::string smt2;    ///< the question as an SMT-LIB 2 script that ends in (check-sat)
  /// The same question about integers (integers.h), if it has products of words, which are hard as
  /// bits; else empty. If that is unsat, so is the question about words.
  std::string integers = {};
};

/// Z3's answer. `model` is there only if the answer is sat, and has been evaluated on every fact:
/// an answer whose model does not satisfy them is `unknown`.
struct Reply {
  z3::check_result answer;
  std::optional<z3::model> model;
};

/// A stack of facts, and questions under them. One thread.
///
/// The work of a question is counted in Z3's own units (its rlimit), some 3 million a second.
/// Unlike seconds they do not depend on how busy the machine is, and so neither do the answers.
class Session {
 public:
  /// timeout_ms: of one question, whatever its units; after that it has no answer. `listen`, if not
  /// empty, is called for each question, and makes it slower, since each is then also printed.
  Session(z3::context& c, unsigned timeout_ms, std::function<void(const Query&)> listen);

  /// assumption: its name, if the fact is an assumption, which may turn out not to be needed; empty
  /// for a branch that is taken and for a fact that was proven.
  void push(const z3::expr& fact, const std::string& assumption = {});
  void pop();

  /// Adds every fact to a solver of the caller's.
  void give_facts(z3::solver& solver) const {
    for (const Fact& fact : facts_) solver.add(fact.holds);
  }

  /// Whether the facts and `extra` can hold together. Asked about integers first (integers.h), and
  /// about bits if that gives no answer. Each question goes to a new solver, which may rewrite the
  /// facts for it: on the branches of a write loop that is ten times faster than one that keeps the
  /// facts. units: for each of the two; 0: as many as there is time for.
  Reply ask(const char* about, const z3::expr& extra, unsigned units = 0);

  /// Whether the assumptions that are known to be needed already exclude `extra`. False, and not
  /// reported, if they do not, or if no other assumption is on the path.
  bool is_settled(const char* about, const z3::expr& extra);

  /// To be called after `extra` was found to contradict the facts. Finds the further assumptions
  /// that this needs, by leaving out each that is not known to be needed once. Asks nothing if all
  /// are known. An assumption without an answer from Z3 counts as needed.
  void find_needed(const z3::expr& extra);
  void needs(const std::string& assumption);

  /// The assumptions that were pushed so far, and whether they are needed. Every answer for which
  /// find_needed() was called follows from the needed ones and from facts that are no assumptions.
  const std::map<std::string, bool>& assumptions() const { return assumptions_; }

  /// Reports a question as "unasked", and does not ask it.
  void leave(const char* about, const z3::expr& extra);

  /// From here on terms may have arrays, which need a slower solver.
  void use_arrays();

  std::uint64_t questions() const { return questions_; }
  std::uint64_t unknowns() const { return unknowns_; }

 private:
  using Facts = std::vector<z3::expr>;

  struct Fact {
    z3::expr holds;
    std::string assumption;
  };

  z3::solver limited(z3::solver solver, unsigned units) const;
  z3::solver fresh_solver() const;
  std::set<std::string> open_assumptions() const;
  bool follows_without(const std::set<std::string>& assumptions, const z3::expr& extra) const;
  Facts facts_without(const std::set<std::string>& assumptions) const;
  Reply solve(const Facts& facts, unsigned units) const;
  Reply solve_integers(const Facts& facts, unsigned units) const;
  std::string script_of_integers(const z3::expr& extra, const char* status) const;
  void report(const char* about, const z3::expr& extra, const char* answer);

  z3::context& c_;
  unsigned timeout_ms_;
  std::function<void(const Query&)> listen_;
  bool arrays_ = false;
  std::vector<Fact> facts_;
  std::map<std::string, bool> assumptions_;
  std::uint64_t questions_ = 0;
  std::uint64_t unknowns_ = 0;
};

/// "4.8.12.0"
std::string z3_version();

}  // namespace quire::proofs
