// From explorations to an outcome.
#include "proofs/obligations/obligation.h"

#include <chrono>
#include <exception>
#include <utility>

namespace quire::proofs {
namespace {

struct Judgement {
  Outcome outcome = Outcome::proven;
  std::string reason = {};
};

Judgement judge_proof(const Exploration& proof) {
  if (proof.verdict == Verdict::refuted) return {Outcome::refuted};
  if (proof.verdict == Verdict::undecided) return {Outcome::undecided, proof.reason};
  if (proof.paths == 0) return {Outcome::vacuous, "the assumptions cannot be met on any path"};
  if (proof.claims == 0) return {Outcome::vacuous, "nothing is claimed on any path"};
  if (proof.witnessed == 0) {
    return {Outcome::undecided, "no path was shown to exist: no answer in time"};
  }
  if (proof.controls.empty()) return {Outcome::unbreakable, "the body asks for no e.broken(...)"};
  return {};
}

Judgement judge_control(const Control& control) {
  switch (control.found.verdict) {
    case Verdict::refuted: return {};
    case Verdict::proved: return {Outcome::unbreakable, "still proven when it " + control.how};
    case Verdict::undecided: break;
  }
  return {Outcome::undecided, "when it " + control.how + ": " + control.found.reason};
}

/// `options`, with the proof's questions also kept for cvc5.
ExploreOptions heard_by(const ExploreOptions& options, SecondOpinion* second) {
  ExploreOptions both = options;
  if (second == nullptr) return both;
  both.listen = [listen = options.listen, second](const Query& query) {
    if (listen) listen(query);
    second->hear(query);
  };
  return both;
}

Judgement run(
    const Obligation& obligation, const ExploreOptions& options, SecondOpinion* second,
    Report& report) {
  report.proof = explore(obligation.body, heard_by(options, second));
  const Judgement judgement = judge_proof(report.proof);
  if (judgement.outcome != Outcome::proven) return judgement;
  for (const std::string& how : report.proof.controls) {
    ExploreOptions broken = options;
    broken.broken = how;
    report.controls.push_back({how, explore(obligation.body, broken)});
    const Judgement control = judge_control(report.controls.back());
    if (control.outcome != Outcome::proven) return control;
  }
  if (second == nullptr) return {};
  report.second = second->ask();
  if (!report.second->reason.empty()) return {Outcome::undecided, report.second->reason};
  return {};
}

}  // namespace

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::proven: return "proven";
    case Outcome::refuted: return "refuted";
    case Outcome::undecided: return "undecided";
    case Outcome::vacuous: return "vacuous";
    case Outcome::unbreakable: return "unbreakable";
  }
  return "?";
}

Report discharge(
    const Obligation& obligation, const ExploreOptions& options, SecondOpinion* second) {
  const auto start = std::chrono::steady_clock::now();
  Report report;
  Judgement judgement;
  try {
    judgement = run(obligation, options, second, report);
  } catch (const z3::exception& e) {
    judgement = {Outcome::undecided, std::string{"Z3 failed: "} + e.msg()};
  } catch (const std::exception& e) {
    judgement = {Outcome::undecided, std::string{"the body threw: "} + e.what()};
  }
  report.outcome = judgement.outcome;
  report.reason = std::move(judgement.reason);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace quire::proofs
