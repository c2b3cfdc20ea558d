// Paths in depth-first order: the facts of the prefix that two paths share stay in the solver.
#include "proofs/engine/explore.h"

#include "spec/geometry.h"

#include <algorithm>
#include <array>
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

// How a run is left early. Not derived from std::exception, so that no handler of the code under
// proof takes them for an error of its own.
struct PathInfeasible {};
struct ExplorationOver {};

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

/// Whether the run is still in its prefix; if so, this step must be the one recorded there. Claims
/// are settled before the first run that comes to a new step goes on, so that they are asked under
/// what was assumed before them, and once for all paths that share them.
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

/// Whether this path can go on so, and, where it cannot, which assumptions say so.
Reply Explorer::ask(const char* about, const z3::expr& extra) {
  Reply reply = session_.ask(about, extra, options_.branch_units);
  if (reply.answer == z3::unknown) end_if_interrupted();
  if (reply.answer == z3::unsat && options_.broken.empty()) session_.find_needed(extra);
  return reply;
}

bool Explorer::decide_here(const z3::expr& condition) {
  if (replay(condition)) return steps_[at_ - 1].taken;

  // The witness of the path so far goes one of the two ways: that one need not be asked about.
  Reply yes{z3::unknown, {}}, no{z3::unknown, {}};
  if (const auto& known = witness()) {
    const bool goes = known->eval(condition, true).is_true();
    (goes ? yes : no) = {z3::sat, known};
    (goes ? no : yes) = ask("branch", goes ? !condition : condition);
  } else {
    yes = ask("branch", condition);
    no = ask("branch", !condition);
  }
  // An earlier question went unanswered, and now this path turns out not to exist.
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

/// One by one: apart from the others each claim is about few of the facts, and most are settled by
/// rewriting alone. One that is too much ends the exploration: the paths to come would each cost as
/// long.
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

/// An answer that is missing because Z3 was interrupted says nothing of the question.
void Explorer::end_if_interrupted() {
  const std::string why = watched_.interrupted();
  if (why.empty()) return;
  result_.verdict = Verdict::undecided;
  result_.reason = why;
  throw ExplorationOver{};
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

z3::model Explorer::example(const std::vector<Wish>& wishes) {
  // Of all that Z3 has, the quickest where a few facts are added to many, again and again.
  z3::solver solver{c_, z3::solver::simple()};
  session_.give_facts(solver);
  const auto possible = [&] {
    const z3::check_result answer = solver.check();
    if (answer == z3::unknown) throw std::logic_error{"Z3 cannot tell an example"};
    return answer == z3::sat;
  };
  if (!possible()) throw PathInfeasible{};
  z3::model m = solver.get_model();
  // Whether the wish can hold beside those before it; if so it is a fact from here on.
  const auto granted = [&](const z3::expr& wish) {
    if (!m.eval(wish, true).is_true()) {
      solver.push();
      solver.add(wish);
      const bool can_be = possible();
      if (can_be) m = solver.get_model();
      solver.pop();
      if (!can_be) return false;
    }
    solver.add(wish);
    return true;
  };
  for (const Wish& wish : wishes) {
    std::ranges::any_of(wish, [&](const Truth& way) { return granted(way.expr(c_)); });
  }
  for (const auto& input : inputs_) {
    const Bits& word = input.second;
    std::uint64_t least = 0;
    if (const std::uint64_t now = value_of(m, word); now != 0 && !granted((word < now).expr(c_))) {
      least = now;
    }
    for (std::uint64_t most; least < (most = value_of(m, word));) {
      const std::uint64_t middle = least + (most - least) / 2;
      if (!granted((word <= middle).expr(c_))) least = middle + 1;
    }
    granted((word == least).expr(c_));
  }
  return m;
}

void Explorer::begin_path() {
  at_ = 0;
  pending_.clear();
  inputs_.clear();
  names_.clear();
}

/// Goes back to the last decision that has another way, and turns it. False if there is none.
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
    // Z3 leaves what is interrupted between two questions by an exception.
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
