// An obligation: a statement to prove, and controls that guard against a vacuous proof.
//
// The body runs the code under proof once, on symbolic words, and makes claims about it. The
// explorer repeats it along every path. There are two controls:
//
// - vacuity: some path with a claim must exist, shown by a model of all its assumptions;
// - breaking: each `e.broken("how")` of the body names a fault. The body runs again for each of
//   them, with this one answer true, and must be refuted. `how` continues a sentence that begins
//   with "it": "counts a byte too many".
//
// An obligation is proven only if every claim holds on every path and both controls succeed.
//
//     Obligation{
//         .name = "ref.write_loop.byte_ledger",
//         .tag = "GPW-1",
//         .subject = "ref",
//         .says = "One attempt of ref's loop moves position, count and iterator by one number.",
//         .body = [](Explorer& e) {
//           auto loop = e.fresh_record<spec::LoopState<Bits>>("loop");
//           e.assume("...", ...);                 // the invariant, and the contract of the hooks
//           auto record = ...;                    // runs the shipping code
//           if (e.broken("counts a byte too many")) record.accepted = record.accepted + 1;
//           e.claim(spec::byte_ledger, record);   // or e.claim_all(spec::attempt_clauses, record)
//         }}
#pragma once

#include "proofs/engine/explore.h"
#include "proofs/solvers/second_opinion.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace quire::proofs {

struct Obligation {
  std::string name;        ///< unique; subject.operation.property, matched by quire-prove --only
  std::string tag;         ///< its rules, as in spec/README.md: "GPW-1, GPW-4"
  std::string subject;     ///< the code that it is about: "spec", "ref", "impl" or "both"
  std::string says;        ///< the sentence
  std::string bound = {};  ///< the limit within which it is proven; empty if there is none
  /// About how many seconds it takes: the longest start first.
  unsigned effort = 1;
  std::function<void(Explorer&)> body;
};

enum class Outcome {
  proven,
  refuted,      ///< a claim does not hold; Report::proof has the counterexample
  undecided,    ///< Z3 gave no answer in time, there are too many paths, or the body threw
  vacuous,      ///< no path that exists has a claim
  unbreakable,  ///< it names no break, or is still proven with one of them
};

/// "proven", "refuted", ...
const char* name_of(Outcome outcome);

/// One break, and whether it was refuted, as it must be.
struct Control {
  std::string how;
  Exploration found;
};

struct Report {
  Outcome outcome = Outcome::proven;
  std::string reason;  ///< one line; empty if proven or refuted
  Exploration proof;
  std::vector<Control> controls;
  std::optional<Opinion> second = {};  ///< cvc5's, where it was asked
  double seconds = 0;                  ///< of wall time, for the proof and its controls
};

/// Proves an obligation and runs its controls. An exception of the body makes it undecided. second:
/// receives the proof's questions, and is asked after everything else; may be null. Without its
/// agreement the obligation is undecided. Threads may discharge different obligations at the same
/// time.
Report discharge(
    const Obligation& obligation, const ExploreOptions& options = {},
    SecondOpinion* second = nullptr);

}  // namespace quire::proofs
