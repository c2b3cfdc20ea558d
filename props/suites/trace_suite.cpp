// The suite that judges the inner steps of the running kernel's writes to XFS, from their trace.
#include "props/kernel/detached_mount.h"
#include "props/suites/output.h"
#include "props/suites/suites.h"
#include "props/trace/judge_trace.h"
#include "props/trace/traced_writes.h"
#include "props/watchdog/journal.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <stdexcept>

namespace quire::props {
namespace {

constexpr const char* kName = "trace-xfs";
/// From so many writes on, each kind of step must have been seen.
constexpr std::uint64_t kEnoughWrites = 1000;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// Thrown where the trace itself cannot be judged; one line.
struct NotUnderstood {
  std::string why;
};

/// Fills in what the judge found.
void conclude(const trace::TraceJudge& judge, SuiteResult& result) {
  result.waits["kernel"] = judge.waits();
  for (const auto& [name, n] : judge.judged()) {
    result.coverage.emplace_back(name, n);
    if (name == trace::kNotDerived) continue;
    result.commands += n;
    if (n == 0 && kEnoughWrites <= result.cases && result.verdict == Verdict::held) {
      result.verdict = Verdict::failed;
      result.reason = "never seen: " + name;
    }
  }
  if (!judge.violation()) return;
  const trace::Violation& violation = *judge.violation();
  result.verdict = Verdict::failed;
  result.reason.clear();
  Failure failure = violation.failure;
  failure.subject += fmt::format(", line {} of the trace", violation.line);
  result.counterexample = Counterexample{failure, joined(violation.context), ""};
}

SuiteResult skipped(const std::string& why) {
  SuiteResult result{.suite = kName, .device = "xfs", .reason = why};
  result.verdict = Verdict::skipped;
  return result;
}

SuiteResult run_traced(const Options& options) {
  auto mount = DetachedMount::make("xfs");
  if (!mount) return skipped(mount.error().what);
  auto trace = trace::Tracefs::make();
  if (!trace) return skipped(trace.error().what);
  struct stat root {};
  if (::fstat(mount->root(), &root) != 0) throw CannotRun{"xfs: its root cannot be read"};
  if (const std::string event = trace::enable_events(*trace, root.st_dev); !event.empty())
    return skipped("this kernel does not trace " + event + " in the known form");

  SuiteResult result{.suite = kName, .device = "xfs"};
  std::ofstream kept;
  if (!options.trace_out.empty()) {
    kept.open(options.trace_out);
    if (!kept) throw std::invalid_argument(options.trace_out + ": cannot be written");
  }
  trace::TraceJudge judge;
  std::uint64_t line = 0;
  const auto take = [&](std::string_view text) {
    journal_beat();
    if (kept.is_open()) kept << text << '\n';
    const auto event = trace::parse_event(++line, text);
    if (!event) throw NotUnderstood{event.error()};
    if (!*event) return;
    if (const auto why = judge.take(**event)) throw NotUnderstood{*why};
  };
  const auto drained = [&] {
    if (!trace->drain(take)) throw NotUnderstood{"it cannot be read to its end"};
  };
  try {
    trace::make_traced_writes(*trace, mount->root(), options.cases, options.seed, drained);
    if (const auto why = judge.finish(); why && !judge.violation()) throw NotUnderstood{*why};
  } catch (const NotUnderstood& e) {
    // An earlier violation stands.
    if (!judge.violation()) return skipped("this kernel's trace is not understood: " + e.why);
  }
  if (!options.trace_out.empty() && !kept.flush())
    throw OutputLost(options.trace_out + ": cannot be written");
  result.cases = options.cases;
  conclude(judge, result);
  if (const std::uint64_t writes = judge.judged().at(trace::kWrites);
      writes != options.cases && !judge.violation()) {
    result.verdict = Verdict::failed;
    result.reason = fmt::format("{} writes were made, {} were judged", options.cases, writes);
  }
  return result;
}

SuiteResult judge_file(const std::string& path) {
  std::ifstream lines(path);
  if (!lines) throw std::invalid_argument(path + ": cannot be read");
  const auto judge = trace::judge_trace(lines);
  if (!judge) throw std::invalid_argument(path + ": " + judge.error());
  SuiteResult result{.suite = "trace-file", .device = path};
  result.cases = 1;
  conclude(*judge, result);
  return result;
}

constexpr const char* kTags = "ITR-1, ITR-2, ITR-3, ITR-4, BEG-1, BEG-2, LK-1, LK-3, 5.2, PC-8";

}  // namespace

std::vector<Suite> trace_suites() {
  return {
      {kName, "The inner steps of the running kernel's writes to XFS keep the model's clauses.",
       kTags, run_traced}};
}

std::vector<Suite> trace_file_suites(const std::string& path) {
  return {
      {"trace-file", "The steps in a recorded trace keep the model's clauses.", kTags,
       [=](const Options&) { return judge_file(path); }}};
}

}  // namespace quire::props
