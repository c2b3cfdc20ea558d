// The suites of the vectors that quire-prove has written.
#include "props/suites/peer_vectors.h"
#include "props/suites/run_cases.h"
#include "props/suites/run_differential.h"
#include "props/suites/run_peer_comparison.h"
#include "props/suites/suites.h"
#include "props/vectors/play_real.h"
#include "props/vectors/real_case.h"
#include "props/vectors/run_vector.h"
#include "props/vectors/vector.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <stdexcept>

namespace quire::props {
namespace {

std::string contents_of(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw std::invalid_argument{path + ": cannot be read"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<Vector> chosen(const Options& options) {
  if (!options.replay.empty()) return {vector_from(options.replay)};
  if (options.vectors.empty()) return vectors_from(vectors_of_the_tree());
  return vectors_from(contents_of(options.vectors));
}

std::string to_text(const Vector& vector) {
  std::string text = fmt::format("  {} over up to {} folios meets\n", vector.run, vector.folios);
  for (const auto& [name, words] : vector.world)
    text += fmt::format("    {:<12} = {}\n", name, fmt::join(words, ", "));
  return text;
}

/// Runs case number `number`; where the case is known that ended another process, only reports it.
std::optional<Failure> run_case(
    const Options& options, std::uint64_t number,
    const std::function<std::optional<Failure>()>& run) {
  if (const auto& resume = options.part.resume)
    return number == resume->draw ? std::optional(resume->failure) : std::nullopt;
  journal_case(number, number);
  return run();
}

SuiteResult run_vectors(const Options& options) {
  SuiteResult result{.suite = "vectors", .device = "none"};
  std::map<std::string, std::uint64_t> runs;
  for (const Vector& vector : chosen(options)) {
    if (options.subject != "all" && !vector.run.starts_with(options.subject + ".")) continue;
    ++runs[fmt::format("{} of {} folios", vector.run, vector.folios)];
    if (auto failure = run_case(options, result.cases++, [&] { return run_vector(vector); })) {
      result.verdict = Verdict::failed;
      result.counterexample = Counterexample{*failure, to_text(vector), vector.line};
      break;
    }
  }
  if (result.cases == 0) throw CannotRun{"there is no vector for --subject " + options.subject};
  result.coverage.assign(runs.begin(), runs.end());
  return result;
}

/// Runs `check` on each case of a vector that has a real form, and counts those that have none by
/// the reason. peer: as of real_form().
SuiteResult run_real(
    const std::string& suite, const std::string& device, const Options& options,
    const std::string& peer,
    const std::function<std::optional<Failure>(const Vector&, const RealForm&, const Case&)>&
        check) {
  SuiteResult result{.suite = suite, .device = device};
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t number = 0;
  const auto fails = [&](const Vector& vector, const RealForm& form, const Case& made) {
    ++result.cases;
    result.commands += made.commands.size();
    const auto run = [&](const Case& each) { return check(vector, form, each); };
    const auto failure = run_case(options, number++, [&] { return judge_case(suite, made, run); });
    if (!failure) return false;
    result.verdict = Verdict::failed;
    result.counterexample = counterexample(made, *failure, vector.line);
    return true;
  };
  const std::vector<Vector> vectors = chosen(options);
  for (const Vector& vector : vectors) {
    const RealForm form = real_form(vector, peer);
    ++counts[form.made.empty() ? "not made real: " + form.why_not : "made real"];
    if (std::ranges::any_of(
            form.made, [&](const Case& made) { return fails(vector, form, made); })) {
      break;
    }
  }
  // The real form follows the vector, so a loop that left its vector could pass unseen. Run the
  // vectors of calls themselves, too.
  for (const Vector& vector : vectors) {
    if (!peer.empty() || result.verdict == Verdict::failed) break;
    if (!vector.run.ends_with(".call")) continue;
    const auto run = [&] { return run_vector(vector); };
    if (const auto failure = run_case(options, number++, run)) {
      result.verdict = Verdict::failed;
      result.counterexample = Counterexample{*failure, to_text(vector), vector.line};
    }
  }
  result.coverage.assign(counts.begin(), counts.end());
  return result;
}

SuiteResult run_lockstep_vectors(const Options& options) {
  RealVectors vectors;
  return run_real(
      "vectors-lockstep", "memory", options, "",
      [&](const Vector& vector, const RealForm& form, const Case& made) {
        return vectors.play(vector, form, made);
      });
}

}  // namespace

Suite peer_vectors_suite(const std::string& name, const std::string& peer, const Sides& sides) {
  return {
      name,
      "Each vector whose call a file can be made to meet: ref and a file of " + peer +
          " answer as it says.",
      "GPW-2, GPW-8, GPW-11, O2",
      [=](const Options& options) {
        const BothFactories both = make_both(sides);
        PeerComparison comparison(*both.ref, *both.peer);
        return run_real(
            name, sides.device, options, sides.device,
            [&](const Vector&, const RealForm&, const Case& made) { return comparison.run(made); });
      },
      true};
}

std::vector<Suite> vectors_suites() {
  return {
      {"vectors",
       "Each way through the loops of a write that Z3 found goes as its vector says, question by "
       "question.",
       "GPW, WB-3, WB-4, ITR-2 to ITR-5, IOM-1 to IOM-7, XFB-1 to XFB-8", run_vectors, true},
      {"vectors-lockstep",
       "Each vector whose call a file can be made to meet: ref and impl answer as it says, and its "
       "loop takes its steps.",
       "GPW-2, GPW-8, GPW-11, O2", run_lockstep_vectors, true}};
}

}  // namespace quire::props
