// Paths in depth-first order: the facts of the prefix that two paths share stay in the solver.
#include "proofs/engine/explore.h"

#include "proofs/engine/ends.h"

#include <stdexcept>
#include <utility>

namespace quire::proofs {
namespace {

thread_local Explorer* current = nullptr;

/// Makes an explorer the current one of this thread for a while.
class Current {
 public:
  explicit Current(Explorer& explorer) : before_(std::exchange(current, &explorer)) {}
  ~Current() { current = before_; }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  Explorer* before_;
};

}  // namespace

bool decide(const z3::expr& condition) {
  if (!current) {
    throw std::logic_error{
        "a symbolic truth was turned into a bool outside of an exploration: " +
        condition.to_string()};
  }
  return current->decide_here(condition);
}

bool forks_at_choices() { return current && current->forks_; }

Explorer::Explorer(z3::context& c, const ExploreOptions& options)
    : c_(c),
      options_(options),
      watched_(options.memory, c),
      session_(c, options.timeout_ms, options.listen),
      first_witness_(z3::model{c}) {}

Bits Explorer::fresh(const std::string& name) { return fresh(name, 64); }

Bits Explorer::fresh(const std::string& name, unsigned bits) {
  const unsigned n = ++names_[name];
  const std::string unique = n == 1 ? name : name + "#" + std::to_string(n);
  const z3::expr constant = c_.bv_const(unique.c_str(), bits);
  const Bits word{bits < 64 ? z3::zext(constant, 64 - bits) : constant};
  inputs_.emplace_back(unique, word);
  return word;
}

Image Explorer::fresh_image(const std::string& name) {
  session_.use_arrays();
  const unsigned n = ++names_[name];
  return Image{c_, (n == 1 ? name : name + "#" + std::to_string(n)).c_str()};
}

bool Explorer::broken(const std::string& how) {
  result_.controls.insert(how);
  return options_.broken == how;
}

const std::optional<z3::model>& Explorer::witness() const {
  return at_ == 0 ? first_witness_ : steps_[at_ - 1].witness;
}

/// Whether the run is still in its prefix; if so, this step must be the one recorded there. The
/// first new step settles the claims before it: under the assumptions before them only, and once
/// for all paths that share them.
bool Explorer::replay(const z3::expr& condition) {
  if (at_ == steps_.size()) {
    settle_claims();
    return false;
  }
  pending_.clear();
  if (!z3::eq(steps_[at_].condition, condition)) {
    throw std::logic_error{
        "the code under proof is not deterministic: it came to " + condition.to_string() +
        " where it had come to " + steps_[at_].condition.to_string()};
  }
  ++at_;
  return true;
}

void Explorer::take(Step step) {
  if (steps_.size() == options_.steps_max) {
    result_.verdict = Verdict::undecided;
    result_.reason = "a path has more than " + std::to_string(options_.steps_max) + " steps";
    throw ExplorationOver{};
  }
  if (step.pushed) session_.push(step.taken ? step.condition : !step.condition, step.assumption);
  steps_.push_back(std::move(step));
  ++at_;
}

void Explorer::assume(const std::string& says, const Truth& p) {
  hold(p.known() == true ? "" : says, p);
}

void Explorer::lemma(const std::string& says, const Truth& p) {
  claim(says, p);
  hold({}, p);
}

/// Makes `p` a fact of the path. assumption: its name, or empty if it was proven.
void Explorer::hold(const std::string& assumption, const Truth& p) {
  const z3::expr condition = p.expr(c_);
  if (replay(condition)) return;
  Step step{.condition = condition, .assumption = assumption, .pushed = true};
  if (witness() && value_of(*witness(), p)) {
    step.witness = witness();
  } else {
    Reply reply = ask("assumption", condition);
    if (reply.answer == z3::unsat) {
      if (!assumption.empty()) session_.needs(assumption);
      throw PathInfeasible{};
    }
    step.witness = std::move(reply.model);
  }
  take(std::move(step));
}

/// Whether this path can continue with `extra`; if not, the assumptions that exclude it are needed.
Reply Explorer::ask(const char* about, const z3::expr& extra) {
  Reply reply = session_.ask(about, extra, options_.branch_units);
  if (reply.answer == z3::unknown) end_if_interrupted();
  if (reply.answer == z3::unsat && options_.broken.empty()) session_.find_needed(extra);
  return reply;
}

bool Explorer::decide_here(const z3::expr& condition) {
  if (replay(condition)) return steps_[at_ - 1].taken;

  // The model of the path so far takes one of the two branches: that one needs no question.
  Reply yes{z3::unknown, {}}, no{z3::unknown, {}};
  if (const auto& known = witness()) {
    const bool goes = known->eval(condition, true).is_true();
    (goes ? yes : no) = {z3::sat, known};
    (goes ? no : yes) = ask("branch", goes ? !condition : condition);
  } else {
    yes = ask("branch", condition);
    no = ask("branch", !condition);
  }
  // An earlier question had no answer, and this path turns out to be infeasible.
  if (yes.answer == z3::unsat && no.answer == z3::unsat) throw PathInfeasible{};

  const bool taken = yes.answer != z3::unsat;
  const bool both = taken && no.answer != z3::unsat;
  take(
      {.condition = condition,
       .taken = taken,
       .pushed = both,
       .other_open = both,
       .witness = taken ? yes.model : no.model,
       .other_witness = no.model});
  return taken;
}

/// Ends the exploration if Z3 was interrupted: then `unknown` says nothing about the question.
void Explorer::end_if_interrupted() {
  const std::string why = watched_.interrupted();
  if (why.empty()) return;
  result_.verdict = Verdict::undecided;
  result_.reason = why;
  throw ExplorationOver{};
}

void Explorer::begin_path() {
  at_ = 0;
  pending_.clear();
  inputs_.clear();
  names_.clear();
}

/// Goes back to the last decision with another branch left, and takes that. False if there is none.
bool Explorer::next_path() {
  while (!steps_.empty()) {
    Step last = std::move(steps_.back());
    steps_.pop_back();
    if (last.pushed) session_.pop();
    if (!last.other_open) continue;
    last.taken = !last.taken;
    last.other_open = false;
    last.witness = std::exchange(last.other_witness, std::nullopt);
    at_ = steps_.size();
    take(std::move(last));
    return true;
  }
  return false;
}

void Explorer::run(const std::function<void(Explorer&)>& body) {
  do {
    if (result_.paths + result_.infeasible == options_.paths_max) {
      result_.verdict = Verdict::undecided;
      result_.reason = "more than " + std::to_string(options_.paths_max) + " paths";
      return;
    }
    begin_path();
    try {
      body(*this);
      if (at_ != steps_.size()) {
        throw std::logic_error{"the code under proof is not deterministic: a run ended early"};
      }
      settle_claims();
      ++result_.paths;
      if (witness()) ++result_.witnessed;
    } catch (const PathInfeasible&) {
      ++result_.infeasible;
    } catch (const ExplorationOver&) {
      return;
    }
  } while (next_path());
}

Exploration explore(const std::function<void(Explorer&)>& body, const ExploreOptions& options) {
  z3::context c;
  Explorer explorer{c, options};
  const Current scope{explorer};
  try {
    explorer.run(body);
  } catch (const z3::exception&) {
    // Z3 throws if it is interrupted between two questions.
    explorer.result_.reason = explorer.watched_.interrupted();
    if (explorer.result_.reason.empty()) throw;
    explorer.result_.verdict = Verdict::undecided;
  }
  explorer.result_.questions = explorer.session_.questions();
  explorer.result_.unknowns = explorer.session_.unknowns();
  if (options.broken.empty() && !options.claims_unasked) {
    explorer.result_.assumptions = explorer.session_.assumptions();
  }
  return std::move(explorer.result_);
}

}  // namespace quire::proofs
