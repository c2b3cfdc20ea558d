// Questions to Z3: the choice of a solver, and the check of its answer.
#include "proofs/engine/prove.h"

#include "proofs/engine/integers.h"

#include <algorithm>
#include <string_view>

namespace quire::proofs {
namespace {

const char* logic_of(bool arrays) { return arrays ? "QF_ABV" : "QF_BV"; }

const char* name_of(z3::check_result answer) {
  return answer == z3::unsat ? "unsat" : answer == z3::sat ? "sat" : "unknown";
}

bool fits(const z3::model& model, const std::vector<z3::expr>& facts) {
  return std::ranges::all_of(
      facts, [&](const z3::expr& fact) { return model.eval(fact, true).is_true(); });
}

}  // namespace

std::uint64_t value_of(const z3::model& m, const Bits& term) {
  if (const auto known = term.known()) return *known;
  return m.eval(term.expr(m.ctx()), true).get_numeral_uint64();
}

bool value_of(const z3::model& m, const Truth& term) {
  if (const auto known = term.known()) return *known;
  return m.eval(term.expr(m.ctx()), true).is_true();
}

Session::Session(z3::context& c, unsigned timeout_ms, std::function<void(const Query&)> listen)
    : c_(c), timeout_ms_(timeout_ms), listen_(std::move(listen)) {}

z3::solver Session::limited(z3::solver solver, unsigned units) const {
  solver.set("timeout", timeout_ms_);
  if (units != 0) solver.set("rlimit", units);
  return solver;
}

z3::solver Session::fresh_solver() const {
  if (arrays_) return {c_, logic_of(arrays_)};
  const auto step = [&](const char* name) { return z3::tactic{c_, name}; };
  const z3::tactic all = step("simplify") & step("propagate-values") & step("solve-eqs") &
                         step("elim-uncnstr") & step("simplify") & step("max-bv-sharing") &
                         step("bit-blast") & step("sat");
  return all.mk_solver();
}

void Session::push(const z3::expr& fact, const std::string& assumption) {
  facts_.push_back({fact, assumption});
  if (!assumption.empty()) assumptions_.emplace(assumption, false);
}

void Session::pop() { facts_.pop_back(); }

void Session::use_arrays() { arrays_ = true; }

Session::Facts Session::facts_without(const std::set<std::string>& assumptions) const {
  Facts some;
  for (const Fact& fact : facts_) {
    if (!assumptions.contains(fact.assumption)) some.push_back(fact.holds);
  }
  return some;
}

Reply Session::ask(const char* about, const z3::expr& extra, unsigned units) {
  Facts facts = facts_without({});
  facts.push_back(extra);
  Reply reply = solve(facts, units);
  if (reply.answer == z3::unknown) ++unknowns_;
  report(about, extra, name_of(reply.answer));
  return reply;
}

Reply Session::solve(const Facts& facts, unsigned units) const {
  if (Reply quick = solve_integers(facts, units); quick.answer != z3::unknown) return quick;
  z3::solver solver = limited(fresh_solver(), units);
  for (const z3::expr& fact : facts) solver.add(fact);
  const z3::check_result answer = solver.check();
  if (answer != z3::sat) return {answer, {}};
  const z3::model model = solver.get_model();
  if (!fits(model, facts)) return {z3::unknown, {}};
  return {z3::sat, model};
}

Reply Session::solve_integers(const Facts& facts, unsigned units) const {
  if (arrays_) return {z3::unknown, {}};
  Integers integers{c_};
  z3::expr_vector translated{c_};
  for (const z3::expr& fact : facts) integers.add(translated, fact);
  // Questions about masks are for bits.
  constexpr unsigned kOpenMax = 32;
  if (integers.linear() && integers.open() > kOpenMax) return {z3::unknown, {}};
  // A linear question is answered soon or not at all; then it is for bits.
  constexpr unsigned kLinearUnits = 4'000'000;
  if (integers.linear()) units = units == 0 ? kLinearUnits : std::min(units, kLinearUnits);
  z3::solver solver = limited(integers.solver(), units);
  solver.add(translated);
  const z3::check_result answer = solver.check();
  if (answer != z3::sat) return {answer, {}};
  const z3::model words = integers.values_of(solver.get_model());
  if (!fits(words, facts)) return {z3::unknown, {}};
  return {z3::sat, words};
}

void Session::needs(const std::string& assumption) { assumptions_[assumption] = true; }

/// The assumptions on the path that are not known to be needed.
std::set<std::string> Session::open_assumptions() const {
  std::set<std::string> open;
  for (const Fact& fact : facts_) {
    if (!fact.assumption.empty() && !assumptions_.at(fact.assumption)) open.insert(fact.assumption);
  }
  return open;
}

bool Session::follows_without(
    const std::set<std::string>& assumptions, const z3::expr& extra) const {
  // Z3 finds most models without an assumption at once.
  constexpr unsigned kUnits = 1'000'000;
  Facts facts = facts_without(assumptions);
  facts.push_back(extra);
  return solve(facts, kUnits).answer == z3::unsat;
}

bool Session::is_settled(const char* about, const z3::expr& extra) {
  const std::set<std::string> open = open_assumptions();
  if (open.empty() || !follows_without(open, extra)) return false;
  report(about, extra, name_of(z3::unsat));
  return true;
}

void Session::find_needed(const z3::expr& extra) {
  const std::set<std::string> open = open_assumptions();
  if (open.empty() || follows_without(open, extra)) return;
  std::set<std::string> left_out;
  for (const std::string& assumption : open) {
    left_out.insert(assumption);
    if (follows_without(left_out, extra)) continue;
    left_out.erase(assumption);
    needs(assumption);
  }
}

void Session::leave(const char* about, const z3::expr& extra) { report(about, extra, "unasked"); }

void Session::report(const char* about, const z3::expr& extra, const char* answer) {
  ++questions_;
  if (!listen_) return;
  std::vector<Z3_ast> assumed;
  for (const Fact& fact : facts_) assumed.push_back(fact.holds);
  // The status in the script; "unasked" is no status of SMT-LIB.
  const char* const status = answer == std::string_view{"unasked"} ? "unknown" : answer;
  const char* script = Z3_benchmark_to_smtlib_string(
      c_, "", logic_of(arrays_), status, "", static_cast<unsigned>(assumed.size()), assumed.data(),
      extra);
  listen_({about, answer, script, script_of_integers(extra, status)});
}

std::string Session::script_of_integers(const z3::expr& extra, const char* status) const {
  if (arrays_) return {};
  Integers integers{c_};
  z3::expr_vector facts{c_};
  for (const Fact& fact : facts_) integers.add(facts, fact.holds);
  integers.add(facts, extra);
  if (integers.linear()) return {};
  std::vector<Z3_ast> assumed;
  for (const z3::expr& fact : facts) assumed.push_back(fact);
  return Z3_benchmark_to_smtlib_string(
      c_, "", "QF_NIA", status, "", static_cast<unsigned>(assumed.size()), assumed.data(),
      c_.bool_val(true));
}

std::string z3_version() {
  unsigned major, minor, build, revision;
  Z3_get_version(&major, &minor, &build, &revision);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(build) + "." +
         std::to_string(revision);
}

}  // namespace quire::proofs
