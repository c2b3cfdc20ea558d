#include "props/vectors/run_vector.h"

#include "props/vectors/scripted_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// The outcome of a run.
struct Outcome {
  std::vector<std::string> asked;
  std::set<std::string> unreal;
  std::optional<spec::VectorPages<Number>> pages;
  /// Only if the vector had each word that it asked for.
  std::optional<spec::Observed<Number>> end;
};

Outcome run(const Vector& vector, Judge& judge) {
  Run* const loop = vector.run.starts_with("ref.iomap_") ? run_iomap
                    : vector.run.starts_with("ref.xfs_") ? run_xfs
                                                         : run_write_loop;
  ScriptedAnswers words{vector};
  Outcome outcome;
  try {
    outcome.end = loop(vector, words, judge);
  } catch (const NoScriptedAnswer&) {
  }
  outcome.asked = words.asked();
  outcome.unreal = words.unreal();
  outcome.pages = words.pages;
  return outcome;
}

/// The first difference from the vector: expected, actual.
std::optional<std::pair<std::string, std::string>> difference(
    const Vector& vector, const Outcome& outcome) {
  const auto [wanted, got] = std::ranges::mismatch(vector.asks, outcome.asked);
  if (wanted != vector.asks.end() || got != outcome.asked.end()) {
    return std::pair{
        wanted == vector.asks.end() ? "no further question" : *wanted,
        got == outcome.asked.end() ? "no further question" : *got};
  }
  if (!outcome.end) return std::pair{"an end", "a question that the vector has no answer to"};
  std::optional<std::pair<std::string, std::string>> found;
  const auto compare = [&](const std::string& name, std::int64_t a, Number b) {
    const auto actual = static_cast<std::int64_t>(b);
    if (a == actual || found) return;
    found.emplace(fmt::format("{} = {}", name, a), fmt::format("{} = {}", name, actual));
  };
  for (const auto& [name, value] : outcome.end->after) {
    const auto at = vector.after.find(name);
    compare(name, at == vector.after.end() ? 0 : at->second, value);
  }
  compare("left", vector.left, outcome.end->left);
  compare("answer", vector.answer, outcome.end->answer);
  return found;
}

}  // namespace

std::optional<Failure> run_vector(const Vector& vector) {
  const std::string subject = vector.run.substr(0, vector.run.find('.'));
  Judge judge{subject, nullptr, nullptr};
  const Outcome outcome = run(vector, judge);
  if (!vector.expects) return judge.failure();
  const auto different = difference(vector, outcome);
  if (!different) return judge.failure();
  if (judge.failure()) return judge.failure();
  return Failure{
      "A loop asks and answers as it did when its vector was made.",
      "3.1, GPW, IOM, XFB, proofs/vectors/vectors.cpp", subject, different->first,
      different->second};
}

ScriptedCall scripted_call(const Vector& vector) {
  StepRecorder recorder{vector.run, nullptr, nullptr};
  const Outcome outcome = run(vector, recorder);
  if (!outcome.end || !outcome.pages) return {};
  const spec::VectorPages<Number>& pages = *outcome.pages;
  ScriptedCall scripted{true, outcome.unreal, {}, {}, {}, recorder.steps()};
  for (Number i = 0; i < 64; ++i) {
    const Number page = (pages.first() + i) * spec::kPageSize;
    if ((pages.written() >> i & 1) != 0) scripted.written.push_back(page);
    if ((pages.taken() >> i & 1) != 0) scripted.taken.push_back(page);
  }
  if (pages.ran_out()) scripted.blocks = pages.granted();
  return scripted;
}

}  // namespace quire::props
