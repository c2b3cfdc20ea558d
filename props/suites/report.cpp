#include "props/suites/report.h"

#include "props/suites/output.h"
#include "props/suites/score_card.h"

#include <fmt/color.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace quire::props {
namespace {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::held: return "held";
    case Verdict::failed: return "FAILED";
    case Verdict::skipped: return "skipped";
  }
  return "?";
}

fmt::text_style style_of(Verdict verdict, bool colour) {
  if (!colour) return {};
  return fmt::fg(
      verdict == Verdict::held     ? fmt::terminal_color::green
      : verdict == Verdict::failed ? fmt::terminal_color::red
                                   : fmt::terminal_color::yellow);
}

std::string figures(const SuiteResult& r) {
  if (r.verdict == Verdict::skipped) return r.reason;
  std::string text = fmt::format("{} cases", r.cases);
  if (r.commands != 0) {
    text += fmt::format(
        ", {} commands, {:.0f}/s", r.commands, static_cast<double>(r.commands) / r.seconds);
  }
  text += fmt::format(", {:.1f} s on {}", r.seconds, r.device);
  return r.reason.empty() ? text : text + "; " + r.reason;
}

/// The command that runs a counterexample again.
std::string replay_line(const SuiteResult& r, const Suite& suite, const Options& options) {
  if (suite.takes_replay && !r.counterexample->replay.empty()) {
    if (suite.name == "vectors")
      return fmt::format("quire-check --suite vectors --replay '{}'", r.counterexample->replay);
    return fmt::format(
        "quire-check --suite {} {} --replay '{}'", suite.name,
        options.peer.empty()
            ? fmt::format("--subject {} --device {}", options.subject, options.device)
            : "--peer " + options.peer +
                  (options.kernel.empty() ? "" : " --kernel " + options.kernel),
        r.counterexample->replay);
  }
  if (!options.trace_file.empty())
    return fmt::format("quire-check --trace-file '{}'", options.trace_file);
  std::string where;
  if (options.allocator != "all") where += fmt::format(" --allocator '{}'", options.allocator);
  if (!options.write_hooks.empty())
    where += fmt::format(" --write-hooks '{}'", options.write_hooks);
  if (options.device != "memory") where += fmt::format(" --device {}", options.device);
  if (!options.peer.empty()) where += " --peer " + options.peer;
  if (!options.kernel.empty()) where += " --kernel " + options.kernel;
  return fmt::format(
      "quire-check --suite {} --subject {}{} --cases {} --seed {} --jobs {}", suite.name,
      options.subject, where, options.cases, options.seed, options.jobs);
}

}  // namespace

void print_result(const SuiteResult& r, const Suite& suite, const Options& options, bool colour) {
  put(fmt::format("{:<20} ", suite.name));
  put(fmt::format(style_of(r.verdict, colour), "{:<8}", name_of(r.verdict)));
  put(fmt::format(" {}\n", figures(r)));
  if (r.verdict == Verdict::failed && r.counterexample) {
    const Counterexample& c = *r.counterexample;
    put(fmt::format("\n  {} [{}]\n\n", c.failure.says, c.failure.source));
    put(fmt::format("{}\n", c.text));
    put(fmt::format(
        "  {}of {}:\n    expected  {}\n    actual    {}\n",
        suite.takes_replay && suite.name != "vectors"
            ? fmt::format("in command {}, ", c.failure.command + 1)
            : "",
        c.failure.subject, c.failure.expected, c.failure.actual));
    put(fmt::format("\n  {}\n\n", replay_line(r, suite, options)));
  }
  flush_output();
}

void print_counts(const std::vector<SuiteResult>& results, bool colour) {
  const auto count = [&](Verdict v) {
    return std::count_if(
        results.begin(), results.end(), [&](const SuiteResult& r) { return r.verdict == v; });
  };
  const auto failed = count(Verdict::failed);
  put(fmt::format(
      style_of(failed != 0 ? Verdict::failed : Verdict::held, colour),
      "{} held, {} failed, {} skipped", count(Verdict::held), failed, count(Verdict::skipped)));
  put("\n");
}

std::string circle_of_waits(const std::vector<SuiteResult>& results) {
  spec::LockGraph all;
  for (const SuiteResult& r : results) {
    for (const auto& [whose, graph] : r.waits) all.merge(graph);
  }
  std::string names;
  for (const std::uint64_t rank : all.cycle()) {
    names += (names.empty() ? "" : ", ") + spec::lock_name(rank);
  }
  return names;
}

std::string to_json(
    const std::vector<SuiteResult>& results, const std::vector<Suite>& suites,
    const Options& options, const std::vector<AllocatorScore>& scores) {
  using nlohmann::json;
  json all{{"seed", options.seed}, {"subject", options.subject}, {"suites", json::array()}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    const SuiteResult& r = results[i];
    json j{{"name", r.suite},        {"tag", suites[i].tag},
           {"says", suites[i].says}, {"verdict", name_of(r.verdict)},
           {"device", r.device},     {"cases", r.cases},
           {"commands", r.commands}, {"seconds", r.seconds}};
    if (!r.reason.empty()) j["reason"] = r.reason;
    for (const auto& [name, n] : r.coverage) j["coverage"][name] = n;
    for (const auto& [whose, graph] : r.waits) {
      for (const auto& edge : graph.edges()) {
        j["lock_pairs"].push_back(
            {{"whose", whose},
             {"held", spec::lock_name(edge.held)},
             {"wanted", spec::lock_name(edge.wanted)},
             {"waits", edge.waits},
             {"tries", edge.tries}});
      }
    }
    if (r.counterexample) {
      const Counterexample& c = *r.counterexample;
      j["counterexample"] = {{"says", c.failure.says},       {"source", c.failure.source},
                             {"subject", c.failure.subject}, {"expected", c.failure.expected},
                             {"actual", c.failure.actual},   {"case", c.text}};
      j["counterexample"]["replay"] = replay_line(r, suites[i], options);
    }
    all["suites"].push_back(j);
  }
  if (!scores.empty()) all["scores"] = json_of(scores);
  return all.dump(2);
}

}  // namespace quire::props
