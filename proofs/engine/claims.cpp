// The claims of a path, and the counterexample of one that does not hold.
#include "proofs/engine/ends.h"
#include "proofs/engine/explore.h"
#include "spec/geometry.h"

#include <array>
#include <cstdint>
#include <utility>

namespace quire::proofs {

/// Asks about the claims one by one: most need few of the facts, and rewriting alone settles them.
/// A claim without an answer ends the exploration, since each further path would take as long.
void Explorer::settle_claims() {
  for (const Claim& claim : std::exchange(pending_, {})) {
    ++result_.claims;
    if (claim.holds.known() == true) continue;  // for every assignment, by construction
    if (options_.claims_unasked && options_.broken.empty()) {
      session_.leave("claim", !claim.holds.expr(c_));
      continue;
    }
    const z3::expr denied = !claim.holds.expr(c_);
    if (options_.broken.empty() && session_.is_settled("claim", denied)) continue;
    const Reply reply = session_.ask("claim", denied);
    if (reply.model) refute(claim, *reply.model);
    if (reply.answer == z3::unsat && options_.broken.empty()) session_.find_needed(denied);
    if (reply.answer == z3::unknown) {
      end_if_interrupted();
      result_.verdict = Verdict::undecided;
      result_.reason = "no answer in time: " + claim.says;
    }
  }
  if (result_.verdict == Verdict::undecided) throw ExplorationOver{};
}

/// A model with smaller inputs that breaks the same claim, as far as a few questions find one.
z3::model Explorer::shrunk(const Claim& claim, z3::model m) {
  constexpr std::array<std::uint64_t, 4> kLimits{0, 1, spec::kPageSize, spec::kFolioSizeMax};
  constexpr int kQuestionsMax = 50;
  int asked = 0;
  z3::expr wanted = !claim.holds.expr(c_);
  for (const auto& input : inputs_) {
    for (const std::uint64_t limit : kLimits) {
      if (value_of(m, input.second) <= limit) {
        wanted = wanted && (input.second <= limit).expr(c_);
        break;
      }
      if (++asked > kQuestionsMax) return m;
      const z3::expr smaller = wanted && (input.second <= limit).expr(c_);
      Reply reply = session_.ask("smaller", smaller, options_.branch_units);
      if (!reply.model) continue;
      m = *reply.model;
      wanted = smaller;
      break;
    }
  }
  return m;
}

void Explorer::refute(const Claim& claim, const z3::model& found_first) {
  const z3::model m = options_.broken.empty() ? shrunk(claim, found_first) : found_first;
  Counterexample found{claim.clause, claim.says, claim.source, {}, {}};
  if (claim.read) found.record = claim.read(m);
  for (const auto& [name, word] : inputs_) found.inputs.push_back({name, value_of(m, word)});
  result_.verdict = Verdict::refuted;
  result_.reason.clear();
  result_.counterexample = std::move(found);
  throw ExplorationOver{};
}

}  // namespace quire::proofs
