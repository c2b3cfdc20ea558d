// An obligation: a statement to be proven, and what it takes to believe the proof.
//
// The body runs the code under proof once, on symbolic words, and claims what must hold of it. The
// explorer repeats it along every path. Two controls guard against a proof of nothing:
//
// - vacuity: some path that claims something must be shown to exist, by a model of all it assumes;
// - breaking: each `e.broken("how")` that the body asks about names a fault to be built in. The
//   body is run again for each of them, with this one answer true, and must be refuted. `how` reads
//   on from "it": "counts a byte too many".
//
// An obligation is proven only if every claim holds on every path and both controls do their part.
//
//     Obligation{
//         .name = "ref.write_loop.byte_ledger",
//         .tag = "GPW-1",
//         .subject = "ref",
//         .says = "One attempt of ref's loop moves position, count and iterator by one number.",
//         .body = [](Explorer& e) {
//           auto loop = e.fresh_record<spec::LoopState<Bits>>("loop");
//           e.assume("...", ...);                 // the invariant, and what a hook may answer
//           auto record = ...;                    // runs the shipping text
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
  std::string name;        ///< unique; subject.operation.what, matched by quire-prove --only
  std::string tag;         ///< the rules it stands for, as in spec/README.md: "GPW-1, GPW-4"
  std::string subject;     ///< whose text it is about: "spec", "ref", "impl" or "both"
  std::string says;        ///< the sentence
  std::string bound = {};  ///< up to which size it is proven; empty if it holds of all
  /// About how many seconds it takes: those that take longest are begun first.
  unsigned effort = 1;
  std::function<void(Explorer&)> body;
};

enum class Outcome {
  proven,
  refuted,      ///< a claim does not hold; the counterexample is in Report::proof
  undecided,    ///< Z3 gave no answer in time, there are too many paths, or the body threw
  vacuous,      ///< nothing was claimed on any path that exists
  unbreakable,  ///< it names no break, or one of them went unnoticed
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

/// Proves an obligation and runs its controls. Never throws what the body throws: that makes it
/// undecided. second: hears the proof's questions and is asked when all else is done; may be null.
/// An obligation that it does not agree to is undecided. Threads may discharge different
/// obligations at a time.
Report discharge(
    const Obligation& obligation, const ExploreOptions& options = {},
    SecondOpinion* second = nullptr);

}  // namespace quire::proofs
