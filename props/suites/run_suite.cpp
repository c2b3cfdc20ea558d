#include "props/suites/run_suite.h"

#include "props/suites/outcome.h"
#include "props/suites/output.h"
#include "props/suites/progress.h"
#include "props/suites/run_cases.h"
#include "props/watchdog/ending_text.h"
#include "props/watchdog/leaks.h"
#include "props/watchdog/watched_process.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace quire::props {
namespace {

using std::chrono_literals::operator""s;

/// Fewer cases reach each class of input only with luck.
constexpr std::uint64_t kCasesOfAWorker = 250;
/// From then on a case that ends its process is made no smaller.
constexpr std::chrono::minutes kShrinkingMax{10};

/// The work of one process. What leaks in it is a failure, in builds that know.
std::string run_part(const Suite& suite, const Options& options) {
  return outcome_of(suite.name, [&] {
    SuiteResult result = suite.run(options);
    if (memory_has_leaked() && result.verdict == Verdict::held) {
      result.verdict = Verdict::failed;
      result.reason = "memory has leaked: standard error says where it was allocated";
    }
    return result;
  });
}

/// Passes on what a process wrote to standard error.
void pass_on(const Ending& ending) {
  if (!ending.words.empty()) fmt::print(stderr, "{}", ending.words);
}

/// While it is shrunk a case may take twenty times as long as the longest before it.
HangLimits limits_for_shrinking(const HangLimits& limits, const Journal& journal) {
  const HangLimits::Time longest = std::chrono::nanoseconds(journal.longest.load());
  const HangLimits::Time enough = std::max<HangLimits::Time>(2s, 20 * longest);
  HangLimits shorter = limits;
  shorter.asleep = std::min(limits.asleep, enough);
  shorter.computing = std::min(limits.computing, enough);
  return shorter;
}

/// A suite, run by workers; and by one process after another once a case has ended one.
class SuiteRun {
 public:
  SuiteRun(const Suite& suite, const Options& options, const HangLimits& limits)
      : suite_(suite),
        options_(options),
        limits_(limits),
        workers_(workers_of(suite, options)),
        board_(workers_),
        progress_(suite.name, options) {}

  SuiteResult result() {
    std::vector<WatchedWork> parts;
    for (std::size_t w = 0; w < workers_; ++w) parts.push_back(part(w, {}));
    flush_output();
    const auto endings = run_watched(
        parts, limits_, [&] { progress_.show_cases(board_, workers_); },
        [&](std::size_t w, const Ending& ending) {
          if (ending.kind != Ending::Kind::answered && in_a_case(w))
            board_.failed(board_.journal(w).number);
        });

    std::vector<SuiteResult> results;
    std::optional<CannotRun> lacks;
    std::optional<std::size_t> ended;  // the worker whose case has the smallest number
    for (std::size_t w = 0; w < workers_; ++w) {
      if (endings[w].kind != Ending::Kind::answered) {
        if (!ended || number_of(w) < number_of(*ended)) ended = w;
        continue;
      }
      pass_on(endings[w]);
      try {
        results.push_back(result_from(endings[w].answer));
      } catch (const CannotRun& e) {
        lacks = e;
      }
    }
    const auto is_before = [&](const SuiteResult& r) {
      return r.verdict == Verdict::failed && (!ended || r.failed_case < number_of(*ended));
    };
    if (std::ranges::none_of(results, is_before)) {
      // Report a failed case first, even if the machine cannot run the others.
      if (lacks && !ended) throw CannotRun(*lacks);
      if (ended) results.push_back(go_on(*ended, endings[*ended]));
    }
    return merged(std::move(results));
  }

 private:
  WatchedWork part(std::size_t worker, const std::optional<ResumedCase>& resume) {
    Options options = options_;
    options.progress = false;
    options.part = {
        worker, workers_, [this] { return board_.first_failure(); },
        [this](std::uint64_t number) { board_.failed(number); }, resume};
    return {[this, options] { return run_part(suite_, options); }, &board_.journal(worker)};
  }

  bool in_a_case(std::size_t worker) {
    return board_.journal(worker).phase.load() != Phase::outside;
  }

  /// Of the case that the worker was in; the largest number if it was in none.
  std::uint64_t number_of(std::size_t worker) {
    return in_a_case(worker) ? board_.journal(worker).number.load() : ~std::uint64_t{0};
  }

  /// Repeats and shrinks the case that has ended the worker's process.
  SuiteResult go_on(std::size_t worker, Ending ending) {
    Journal& journal = board_.journal(worker);
    SuiteResult found = without_a_case(worker, ending);
    if (!in_a_case(worker)) {
      fmt::print(stderr, "{}", ending.words);
      return found;
    }
    const HangLimits shrinking = limits_for_shrinking(limits_, journal);
    const auto started = std::chrono::steady_clock::now();
    const std::uint64_t number = journal.number;
    ResumedCase from{journal.draw, journal.size, journal.aim.get(), {}, {}};
    // A case that failed and was shrunk before it ended its process has been repeated, in a way.
    from.repeats = options_.replay.empty() && journal.phase == Phase::runs;
    for (;;) {
      from.failure = failure_of(ending, journal, suite_.name);
      from.path.assign(journal.path.begin(), journal.path.begin() + journal.path_length.load());
      if (journal.phase == Phase::shrinks) from.path.push_back(journal.candidate);
      if (journal.phase == Phase::repeats) from.repeats = false;
      from.only_report = from.only_report || Journal::kPathMax <= from.path.size() ||
                         started + kShrinkingMax < std::chrono::steady_clock::now();
      const bool may_take_long = from.repeats;
      const bool reported = from.only_report;
      const std::string words = std::move(ending.words);
      journal.path_length = 0;
      journal.phase = Phase::outside;
      journal.waits = false;
      ending = run_watched(
          {part(worker, from)}, may_take_long ? limits_ : shrinking,
          [&] { progress_.show_shrinking(from.path.size()); }, {})[0];
      if (ending.kind == Ending::Kind::answered) {
        SuiteResult smallest = result_from(ending.answer);
        fmt::print(stderr, "{}", words);
        smallest.failed_case = number;
        smallest.cases = found.cases;
        smallest.commands = found.commands;
        return smallest;
      }
      // It ends before it comes to the case: the case cannot be told.
      if (reported || journal.phase == Phase::outside || journal.phase == Phase::runs) {
        found.counterexample->failure = from.failure;
        return found;
      }
    }
  }

  /// A failure of the worker, the case untold.
  SuiteResult without_a_case(std::size_t worker, const Ending& ending) {
    const Journal& journal = board_.journal(worker);
    SuiteResult found{.suite = suite_.name, .device = options_.device};
    found.verdict = Verdict::failed;
    found.cases = journal.cases;
    found.commands = journal.commands;
    found.failed_case = journal.number;
    Failure failure = failure_of(ending, journal, suite_.name);
    if (journal.phase == Phase::outside) failure.says = "A suite runs to its end.";
    found.counterexample =
        Counterexample{std::move(failure), "  (no case is known: run the seed again)", ""};
    return found;
  }

  const Suite& suite_;
  const Options& options_;
  HangLimits limits_;
  std::size_t workers_;
  Board board_;
  Progress progress_;
};

}  // namespace

std::size_t processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(CPU_COUNT(&set), 1));
}

std::size_t workers_of(const Suite& suite, const Options& options) {
  if (options.jobs == 0) return 0;
  // A device that the user names is there once.
  const bool own_device = options.device == "memory" || options.device == "loop";
  if (!suite.splits || !own_device || !options.replay.empty()) return 1;
  const std::uint64_t cases = options.cases / suite.share;
  return std::clamp<std::size_t>(cases / kCasesOfAWorker, 1, options.jobs);
}

SuiteResult run_suite(const Suite& suite, const Options& options, const HangLimits& limits) {
  SuiteResult result =
      options.jobs == 0 ? suite.run(options) : SuiteRun(suite, options, limits).result();
  demand_coverage(result);
  return result;
}

}  // namespace quire::props
