// The suite that runs the vectors that quire-prove has written.
#include "props/suites/run_cases.h"
#include "props/suites/suites.h"
#include "props/vectors/run_vector.h"
#include "props/vectors/vector.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
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

SuiteResult run_vectors(const Options& options) {
  const auto started = std::chrono::steady_clock::now();
  SuiteResult result{
      .suite = "vectors", .device = "none", .reason = {}, .counterexample = {}, .coverage = {}};
  std::map<std::string, std::uint64_t> runs;
  for (const Vector& vector : chosen(options)) {
    if (options.subject != "all" && !vector.run.starts_with(options.subject + ".")) continue;
    ++result.cases;
    ++runs[fmt::format("{} of {} folios", vector.run, vector.folios)];
    if (auto failure = run_vector(vector)) {
      result.verdict = Verdict::failed;
      result.counterexample = Counterexample{*failure, to_text(vector), vector.line};
      break;
    }
  }
  if (result.cases == 0) throw CannotRun{"there is no vector for --subject " + options.subject};
  result.coverage.assign(runs.begin(), runs.end());
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  return result;
}

}  // namespace

std::vector<Suite> vectors_suites() {
  return {
      {"vectors",
       "Each way through the write loops that Z3 has found goes as its vector says, question by "
       "question.",
       "GPW, WB-3, WB-4", run_vectors, true}};
}

}  // namespace quire::props
