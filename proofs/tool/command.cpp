// Reads the options, runs the chosen obligations a few at a time, and prints their results.
#include "proofs/tool/command.h"

#include "proofs/tool/crew.h"
#include "proofs/tool/report.h"
#include "proofs/tool/smt2_files.h"
#include "proofs/vectors/vectors.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <sys/resource.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <optional>

namespace quire::proofs {
namespace {

constexpr const char* kAbout =
    "Proves that the loops of quire's write path keep the clauses of its model: runs the shipping\n"
    "code on symbolic words along every path, and asks Z3 whether each clause holds on each path.";

constexpr const char* kExamples = R"(Examples:
  quire-prove                          prove everything
  quire-prove --list                   list the obligations with their sentences
  quire-prove --only 'ref.*'           prove those about ref
  quire-prove --only '*ledger' --only 'spec.*'
  quire-prove --solver both            cvc5 must agree with Z3
  quire-prove --assumptions            print the assumptions of each proof
  quire-prove --json proofs.json       write verdicts and figures for another program
  quire-prove --smt2 queries           write every question to a file, for another solver:
                                       cvc5 queries/spec.word.round_down/0002.claim.unsat.smt2
  quire-prove --vectors FILE           write one concrete run for each path of the write loops:
                                       quire-check --suite vectors --vectors FILE
Exit codes:
  0  all proven
  1  refuted: a claim fails, an obligation is vacuous, or a fault that was built in is not found
  2  bad usage
  3  --solver names cvc5, which cannot be run
  4  undecided: no answer in time or memory, too many paths, or the solvers disagree; nothing is
     refuted
  5  standard output or a file could not be written)";

struct Options {
  bool list = false;
  std::vector<std::string> only;
  std::string solver = "z3";
  std::string smt2;
  std::string json;
  std::string vectors;
  unsigned timeout_s = 60;
  unsigned memory_mib = 2048;
  bool assumptions = false;
};

/// An error that ends the command with a line on the standard error.
struct CommandError {
  std::string what;
  int exit = kBadUsage;
};

void declare_options(CLI::App& app, Options& options) {
  app.add_flag("--list", options.list, "List the obligations with their sentences; prove nothing");
  app.add_option("--only", options.only, "Only the obligations whose name matches; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  app.add_option(
         "--solver", options.solver,
         "The solver that proves the claims; Z3 always finds the paths and the counterexamples")
      ->check(CLI::IsMember({"z3", "cvc5", "both"}))
      ->capture_default_str();
  app.add_option("--smt2", options.smt2, "Write each question to a file under DIR, as SMT-LIB 2")
      ->type_name("DIR");
  app.add_option("--json", options.json, "Write verdicts and figures to FILE")->type_name("FILE");
  app.add_option(
         "--vectors", options.vectors,
         "Write a vector for each path of the write loops to FILE; prove nothing")
      ->type_name("FILE");
  app.add_option("--timeout", options.timeout_s, "Time limit of one question, in seconds")
      ->type_name("S")
      ->check(CLI::Range(1u, 86'400u))
      ->capture_default_str();
  app.add_option(
         "--memory", options.memory_mib,
         "Memory limit of Z3 in MiB; an obligation that needs more is undecided. A run of cvc5 may "
         "take half")
      ->type_name("MIB")
      ->check(CLI::Range(16u, 1'048'576u))
      ->capture_default_str();
  app.add_flag(
      "--assumptions", options.assumptions,
      "Print below each row the obligation's assumptions, and whether its proof needs them");
  app.footer(kExamples);
}

bool matches(const std::string& glob, const Obligation& obligation) {
  return fnmatch(glob.c_str(), obligation.name.c_str(), 0) == 0;
}

std::vector<Obligation> choose(
    const std::vector<Obligation>& all, const std::vector<std::string>& globs) {
  for (const std::string& glob : globs) {
    if (std::ranges::none_of(all, [&](const Obligation& o) { return matches(glob, o); })) {
      throw CommandError{fmt::format(
          "--only '{}' matches no obligation; quire-prove --list shows their names", glob)};
    }
  }
  std::vector<Obligation> chosen;
  std::ranges::copy_if(all, std::back_inserter(chosen), [&](const Obligation& o) {
    return globs.empty() ||
           std::ranges::any_of(globs, [&](const std::string& glob) { return matches(glob, o); });
  });
  return chosen;
}

std::string listing(const std::vector<Obligation>& obligations) {
  std::string text;
  for (const Obligation& o : obligations) {
    text += fmt::format("{} [{}] {}\n  {}\n", o.name, o.tag, o.subject, o.says);
    if (!o.bound.empty()) text += fmt::format("  Bound: {}\n", o.bound);
  }
  return text;
}

/// Opens the file before the proofs, so that a wrong path is reported at once.
std::optional<std::ofstream> open_file(const std::string& path) {
  if (path.empty()) return {};
  std::ofstream file{path};
  if (!file) throw CommandError{fmt::format("cannot write {}: {}", path, std::strerror(errno))};
  return file;
}

/// The peak memory of this process or its children.
long memory_mib_of(int whom) {
  rusage usage{};
  ::getrusage(whom, &usage);
  return usage.ru_maxrss / 1024;
}

/// Starts the work and prints rows in the order of the list as they become known.
std::vector<Line> prove_all(
    const std::vector<Obligation>& obligations, const Options& options, const Console& console) {
  const Table table{obligations, console.out_is_terminal};
  MemoryWatch memory{options.memory_mib};
  const auto job = [&](const Obligation& obligation) {
    ExploreOptions explore_options{.timeout_ms = options.timeout_s * 1000};
    explore_options.memory = &memory;
    if (!options.smt2.empty()) {
      explore_options.listen = smt2_writer(options.smt2, obligation);
    }
    if (options.solver == "z3") return discharge(obligation, explore_options);
    explore_options.claims_unasked = options.solver == "cvc5";
    SecondOpinion second{{explore_options.timeout_ms, options.memory_mib / 2}};
    return discharge(obligation, explore_options, &second);
  };

  Crew crew{obligations, job};
  std::vector<Line> lines;
  console.out << table.head() << std::flush;
  while (lines.size() < obligations.size()) {
    if (console.err_is_terminal) console.err << "\r\033[K" << crew.progress() << std::flush;
    const auto report = crew.wait_for(lines.size(), std::chrono::milliseconds{500});
    if (!report) continue;
    if (console.err_is_terminal) console.err << "\r\033[K" << std::flush;
    lines.push_back({obligations[lines.size()], *report});
    console.out << table.row(lines.back().obligation, lines.back().report);
    if (options.assumptions) console.out << assumption_lines(lines.back().report);
    console.out << std::flush;
  }
  return lines;
}

/// Writes a JSON array, one vector a line.
void write_vectors(const std::string& path, const Console& console) {
  std::ofstream file = std::move(*open_file(path));
  const auto keep = [&](const std::string& text) {
    if (!(file << text << std::flush)) {
      throw CommandError{fmt::format("cannot write {}", path), kOutputLost};
    }
  };
  keep("[\n");  // so that a full disk is noticed before the vectors are made
  const std::vector<std::string> lines = loop_vectors();
  keep(fmt::format("{}\n]\n", fmt::join(lines, ",\n")));
  console.out << fmt::format("{} vectors\n", lines.size());
}

int run(const Options& options, const std::vector<Obligation>& all, const Console& console) {
  const std::vector<Obligation> chosen = choose(all, options.only);
  if (options.list) {
    console.out << listing(chosen);
    return kAllProven;
  }
  if (!options.vectors.empty()) {
    write_vectors(options.vectors, console);
    return kAllProven;
  }
  if (options.solver != "z3" && cvc5_version().empty()) {
    throw CommandError{
        "--solver " + options.solver + ": cvc5 cannot be run (Debian: cvc5)", kNoSolver};
  }
  std::optional<std::ofstream> json = open_file(options.json);
  if (!options.smt2.empty()) {
    const std::string failure = make_smt2_folders(options.smt2, chosen);
    if (!failure.empty()) throw CommandError{failure};
  }

  const auto start = std::chrono::steady_clock::now();
  const std::vector<Line> lines = prove_all(chosen, options, console);
  const Totals totals{
      options.solver == "z3" ? "" : cvc5_version(),
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
      memory_mib_of(RUSAGE_SELF), memory_mib_of(RUSAGE_CHILDREN)};
  for (const Line& line : lines) {
    const std::string why = explain(line.obligation, line.report);
    if (!why.empty()) console.out << '\n' << why;
  }
  if (json) {
    *json << to_json(lines, totals).dump(2) << std::endl;
    if (!*json) throw CommandError{fmt::format("cannot write {}", options.json), kOutputLost};
  }
  // Other obligations than the chosen ones may need the assumption.
  if (options.only.empty()) {
    for (const std::string& assumption : unneeded_assumptions(lines)) {
      console.out << "No obligation needs: " << assumption << '\n';
    }
  }
  console.out << totals_line(totals) << count_line(lines);
  return exit_code(lines);
}

/// Parses the arguments and runs; returns the exit code if all that is printed gets written.
int parse_and_run(
    const std::vector<std::string>& arguments, const std::vector<Obligation>& obligations,
    const Console& console) {
  CLI::App app{kAbout, "quire-prove"};
  Options options;
  declare_options(app, options);
  try {
    // CLI11 takes its arguments last first.
    app.parse(std::vector<std::string>{arguments.rbegin(), arguments.rend()});
    return run(options, obligations, console);
  } catch (const CLI::ParseError& e) {
    return app.exit(e, console.out, console.err) == 0 ? kAllProven : kBadUsage;
  }
}

}  // namespace

int prove_command(
    const std::vector<std::string>& arguments, const std::vector<Obligation>& obligations,
    const Console& console) {
  try {
    const int exit = parse_and_run(arguments, obligations, console);
    errno = EIO;  // the cause of an earlier error is lost
    if (console.out.flush()) return exit;
    throw CommandError{
        fmt::format("standard output cannot be written: {}", std::strerror(errno)), kOutputLost};
  } catch (const CommandError& e) {
    console.err << "quire-prove: " << e.what << '\n';
    return e.exit;
  }
}

}  // namespace quire::proofs
