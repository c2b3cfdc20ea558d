// The path explorer: runs code on symbolic words along every path it can take.
//
// The code under proof is ordinary C++ over the word type Bits. Where it turns a Truth into a bool
// (`if`, `while`, `?:`) the run forks: the explorer runs the code again and again, each time along
// a recorded prefix of decisions, until every feasible path has been run exactly once. Z3 decides
// which branches are feasible under the assumptions; if it gives no answer, both are followed.
//
// Z3 needs more time for larger terms. Define inputs by sums of fresh words instead of assuming
// equations between them: `total = written + left`, `end = pos + prepared`.
//
// The code must be deterministic but for the explorer's answers, must not keep state from one run
// to the next, and must let exceptions pass (a path whose assumptions cannot be met is left by
// one): no `noexcept` function and no destructor between the body and a decision.
#pragma once

#include "proofs/engine/bits.h"
#include "proofs/engine/image.h"
#include "proofs/engine/memory_watch.h"
#include "proofs/engine/prove.h"
#include "spec/clause.h"
#include "spec/reflect.h"

#include <boost/hana/for_each.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quire::proofs {

/// A claim that does not hold: its sentence, and its record on the path that shows it.
struct Counterexample {
  std::string clause;  ///< "write_loop.byte_ledger"; empty for a claim without a clause
  std::string says;
  std::string source;  ///< the clause's tag; may be empty
  std::vector<Field> record;
  std::vector<Field> inputs;  ///< the fresh words of the run, in the order in which it made them
};

struct ExploreOptions {
  unsigned timeout_ms = 60'000;  ///< of one question to Z3
  /// Work for one question whether a branch is feasible (prove.h), about a third of a second. A
  /// branch without an answer is taken: an infeasible path costs less than the proof that it is,
  /// and its claims hold anyway.
  unsigned branch_units = 1'000'000;
  std::uint64_t paths_max = 20'000;  ///< with more the result is undecided
  std::uint64_t steps_max = 10'000;  ///< decisions and assumptions on one path
  std::string broken = {};           ///< the one control for which broken() answers true
  std::function<void(const Query&)> listen = {};  ///< called with every question; may be empty
  /// Claims are not put to Z3 but reported to `listen` as "unasked", and taken to hold. Those of a
  /// control are put to Z3 anyway: a refutation is a model that was evaluated.
  bool claims_unasked = false;
  MemoryWatch* memory = nullptr;  ///< ends an exploration that takes too much; may be null
  /// ite, && and || of the code fork as an `if` does, so that a path has no choice left in its
  /// terms. Many more paths.
  bool forks_at_choices = false;
};

/// A wait for a lock that a body made on some path. Locks are named by rank (spec/locks/order.h).
struct Wait {
  std::uint64_t held;  ///< kNoLock: nothing but the caller's locks
  std::uint64_t wanted;
  std::string who;      ///< "impl's write loop, in write_begin"
  bool is_try = false;  ///< it would not have slept: no edge of the order (LK-1)

  friend auto operator<=>(const Wait&, const Wait&) = default;
};
inline constexpr std::uint64_t kNoLock = ~std::uint64_t{0};

/// The result of all paths.
struct Exploration {
  Verdict verdict = Verdict::proved;  ///< of all claims on all paths that were run to their end
  std::string reason;                 ///< why undecided; else empty
  std::uint64_t paths = 0;            ///< run to their end
  std::uint64_t witnessed = 0;        ///< of these, known to be feasible by a model
  std::uint64_t infeasible = 0;       ///< left at an assumption that cannot be met
  std::uint64_t claims = 0;           ///< put to Z3, counted once a path
  std::uint64_t questions = 0;        ///< put to Z3 for claims, assumptions and branches
  std::uint64_t unknowns = 0;         ///< of these, not answered in time
  std::optional<Counterexample> counterexample;
  std::set<std::string> controls;  ///< the arguments of broken()
  std::set<Wait> waits;            ///< the arguments of note(), on any path
  /// The assumptions on any path, and whether they are needed: every proven claim, and each branch
  /// that was not followed, follows from the needed ones alone. Empty where a control is run or
  /// claims are unasked.
  std::map<std::string, bool> assumptions;
};

/// The interface of a body to the exploration. One thread; not to be kept from one run to the next.
class Explorer {
 public:
  /// A word with any value. The n-th of one name on a path is "name#n", from n = 2 on.
  Bits fresh(const std::string& name);

  /// The same, below 2^bits: far cheaper than to assume that. 1 <= bits <= 64.
  Bits fresh(const std::string& name, unsigned bits);

  /// A T whose leaves are fresh, named after its fields: "path.pos", or "pos" if `path` is empty.
  template <spec::Reflected T>
  T fresh_record(const std::string& path = {}) {
    return spec::build<T>(
        [&]<class>(const std::string& name) { return fresh(name); },
        path.empty() ? path : path + ".");
  }

  /// Any contents.
  Image fresh_image(const std::string& name);

  /// From here on this path is only about inputs for which `p` holds. Earlier claims of the path
  /// are proven without it. `says` is the reason why that may be assumed, and its name in reports:
  /// "A copy gives no more than it was asked for (1).". Assumptions of one name count as one.
  void assume(const std::string& says, const Truth& p);

  /// Claims `p`, and then relies on it: an intermediate step that Z3 need not find again for each
  /// later claim, and no assumption.
  void lemma(const std::string& says, const Truth& p);

  /// Claims `p` on this path. `record`: the fields that a counterexample shows.
  template <spec::Reflected Record>
  void claim(const std::string& says, const Truth& p, const Record& record) {
    pending_.push_back({{}, says, {}, p, reader(record)});
  }
  void claim(const std::string& says, const Truth& p) { pending_.push_back({{}, says, {}, p, {}}); }

  /// Claims a clause of the model of a record.
  template <class Formula, spec::Reflected Record>
  void claim(const spec::Clause<Formula>& clause, const Record& record) {
    const spec::ClauseText& text = clause.text;
    pending_.push_back(
        {std::string{text.operation} + "." + text.name, text.says, text.source,
         clause.holds(record), reader(record)});
  }

  /// Claims each of a tuple of clauses.
  template <class Clauses, spec::Reflected Record>
  void claim_all(const Clauses& clauses, const Record& record) {
    boost::hana::for_each(clauses, [&](const auto& clause) { claim(clause, record); });
  }

  /// A negative control: false in the proof; true when the obligation is run again to see that this
  /// break is refuted. `if (e.broken("counts a byte too many")) a.accepted = a.accepted + 1;`
  bool broken(const std::string& how);

  /// Keeps a wait in the result, whatever becomes of this path.
  void note(Wait wait) { result_.waits.insert(std::move(wait)); }

  /// Alternatives in the order of preference.
  using Wish = std::vector<Truth>;

  /// Values for all fresh words of this path. Each wish gets its first alternative that is possible
  /// together with the wishes before it; then each word, in the order of creation, is as small as
  /// possible. So the values do not depend on how Z3 finds models. To be called last in a body.
  z3::model example(const std::vector<Wish>& wishes);

  /// Calls make(), with no fork at the choices in it.
  template <class Make>
  Truth without_forks(Make&& make) {
    const bool before = std::exchange(forks_, false);
    Truth made = make();
    forks_ = before;
    return made;
  }

 private:
  friend Exploration explore(const std::function<void(Explorer&)>&, const ExploreOptions&);
  friend bool decide(const z3::expr&);
  friend bool forks_at_choices();

  using Reader = std::function<std::vector<Field>(const z3::model&)>;
  template <class Record>
  static Reader reader(const Record& record) {
    return [record](const z3::model& m) { return fields(m, record); };
  }

  struct Claim {
    std::string clause, says, source;
    Truth holds;
    Reader read;
  };

  /// A decision or an assumption on the current path. It is a fact of the session if `pushed`.
  struct Step {
    z3::expr condition;
    std::string assumption = {};  ///< its name, if it is one
    bool taken = true;
    bool pushed = false;
    bool other_open = false;                ///< the other branch is still to be followed
    std::optional<z3::model> witness = {};  ///< of the path up to here; none if Z3 found none
    std::optional<z3::model> other_witness = {};
  };

  Explorer(z3::context& c, const ExploreOptions& options);

  void run(const std::function<void(Explorer&)>& body);
  void begin_path();
  bool next_path();
  bool decide_here(const z3::expr& condition);
  void hold(const std::string& assumption, const Truth& p);
  Reply ask(const char* about, const z3::expr& extra);
  bool replay(const z3::expr& condition);
  void take(Step step);
  const std::optional<z3::model>& witness() const;
  void settle_claims();
  void end_if_interrupted();
  void refute(const Claim& claim, const z3::model& found_first);
  z3::model shrunk(const Claim& claim, z3::model m);

  z3::context& c_;
  const ExploreOptions& options_;
  const MemoryWatch::Watched watched_;
  Session session_;
  Exploration result_;
  bool forks_ = options_.forks_at_choices;
  std::optional<z3::model> first_witness_;  ///< of the empty path: any values at all

  std::vector<Step> steps_;  ///< of the current path; on entry, those that are to be repeated
  std::size_t at_ = 0;       ///< index of the next step of the run
  std::vector<Claim> pending_;
  std::vector<std::pair<std::string, Bits>> inputs_;
  std::map<std::string, unsigned> names_;
};

/// Runs `body` along every feasible path and proves what it claims. Ends at the first path with a
/// claim that is refuted or undecided. Exceptions of the body pass; std::logic_error if a run does
/// not repeat the run before.
Exploration explore(const std::function<void(Explorer&)>& body, const ExploreOptions& options = {});

}  // namespace quire::proofs
