// The table, the explanations of failures, and the JSON form of reports.
#include "proofs/tool/report.h"

#include "proofs/tool/replay.h"
#include "spec/word.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

namespace quire::proofs {
namespace {

bool is_failure(const Report& report) {
  return report.outcome != Outcome::proven && report.outcome != Outcome::undecided;
}

const char* colour_of(const Report& report) {
  if (is_failure(report)) return "\033[31m";
  return report.outcome == Outcome::proven ? "\033[32m" : "\033[33m";
}

/// A word in hexadecimal and decimal; an error as a negative number.
std::string value_text(std::uint64_t value) {
  if (spec::is_error(value))
    return fmt::format("{:#x} = {}", value, static_cast<std::int64_t>(value));
  return fmt::format("{:#x} = {}", value, value);
}

std::string field_lines(const std::vector<Field>& fields) {
  std::size_t width = 0;
  for (const Field& field : fields) width = std::max(width, field.name.size());
  std::string lines;
  for (const Field& field : fields) {
    lines += fmt::format("    {:<{}} = {}\n", field.name, width, value_text(field.value));
  }
  return lines;
}

double z3_seconds(const Report& report) {
  return report.seconds - (report.second ? report.second->seconds : 0);
}

std::string sentence(const Counterexample& found) {
  std::string text = found.says;
  if (!found.clause.empty()) text += fmt::format(" ({})", found.clause);
  if (!found.source.empty()) text += fmt::format(" [{}]", found.source);
  return text;
}

nlohmann::json to_json(const std::vector<Field>& fields) {
  auto all = nlohmann::json::array();
  for (const Field& field : fields) all.push_back({{"name", field.name}, {"value", field.value}});
  return all;
}

nlohmann::json to_json(const Counterexample& found) {
  return {
      {"clause", found.clause},
      {"says", found.says},
      {"source", found.source},
      {"record", to_json(found.record)},
      {"inputs", to_json(found.inputs)}};
}

nlohmann::json to_json(const Line& line) {
  const auto& [obligation, report] = line;
  auto controls = nlohmann::json::array();
  for (const Control& control : report.controls) {
    const auto& found = control.found.counterexample;
    controls.push_back(
        {{"how", control.how},
         {"refuted", control.found.verdict == Verdict::refuted},
         {"by", found ? found->says : ""}});
  }
  auto assumptions = nlohmann::json::array();
  for (const auto& [says, needed] : report.proof.assumptions) {
    assumptions.push_back({{"says", says}, {"needed", needed}});
  }
  nlohmann::json json{
      {"name", obligation.name},
      {"tag", obligation.tag},
      {"subject", obligation.subject},
      {"says", obligation.says},
      {"bound", obligation.bound},
      {"verdict", name_of(report.outcome)},
      {"reason", report.reason},
      {"paths", report.proof.paths},
      {"infeasible_paths", report.proof.infeasible},
      {"claims", report.proof.claims},
      {"questions", report.proof.questions},
      {"unanswered", report.proof.unknowns},
      {"seconds", report.seconds},
      {"z3_seconds", z3_seconds(report)},
      {"assumptions", std::move(assumptions)},
      {"controls", std::move(controls)}};
  if (const auto& second = report.second) {
    json["second"] = {
        {"asked", second->asked},
        {"agreed", second->agreed},
        {"disagreed", second->disagreed},
        {"seconds", second->seconds}};
  }
  if (const auto& found = report.proof.counterexample) {
    json["counterexample"] = to_json(*found);
    json["counterexample"]["replay"] = replay_line(obligation, *found);
  }
  return json;
}

/// Of the longest, "unbreakable".
constexpr std::size_t kVerdictWidth = 11;

struct Counts {
  std::size_t proven, refuted, undecided;
};

Counts count(const std::vector<Line>& lines) {
  const auto of = [&](auto&& wanted) {
    return static_cast<std::size_t>(
        std::ranges::count_if(lines, [&](const Line& line) { return wanted(line.report); }));
  };
  const std::size_t proven = of([](const Report& r) { return r.outcome == Outcome::proven; });
  const std::size_t refuted = of(is_failure);
  return {proven, refuted, lines.size() - proven - refuted};
}

}  // namespace

Table::Table(const std::vector<Obligation>& obligations, bool colours) : colours_(colours) {
  const auto widest = [&](std::string_view head, std::string Obligation::*column) {
    std::size_t width = head.size();
    for (const Obligation& o : obligations) width = std::max(width, (o.*column).size());
    return width;
  };
  name_ = widest("name", &Obligation::name);
  tag_ = widest("tag", &Obligation::tag);
  subject_ = widest("subject", &Obligation::subject);
}

std::string Table::head() const {
  return fmt::format(
      "{:<{}}  {:<{}}  {:<{}}  {:>6}  {:>7}  {:>7}  {:<{}}  {}\n", "name", name_, "tag", tag_,
      "subject", subject_, "paths", "z3 s", "cvc5 s", "verdict", kVerdictWidth, "bound");
}

std::string Table::row(const Obligation& obligation, const Report& report) const {
  const std::string verdict = fmt::format(
      "{}{}{}", colours_ ? colour_of(report) : "", name_of(report.outcome),
      colours_ ? "\033[0m" : "");
  // No blanks after the verdict if there is no bound.
  const std::size_t blanks =
      obligation.bound.empty() ? 0 : kVerdictWidth + 2 - std::strlen(name_of(report.outcome));
  return fmt::format(
      "{:<{}}  {:<{}}  {:<{}}  {:>6}  {:>7.2f}  {:>7}  {}{:{}}{}\n", obligation.name, name_,
      obligation.tag, tag_, obligation.subject, subject_, report.proof.paths, z3_seconds(report),
      report.second ? fmt::format("{:.2f}", report.second->seconds) : "", verdict, "", blanks,
      obligation.bound);
}

std::string assumption_lines(const Report& report) {
  std::string text;
  for (const auto& [says, needed] : report.proof.assumptions) {
    text += fmt::format("    {} {}\n", needed ? "needs:         " : "does not need: ", says);
  }
  return text;
}

std::string explain(const Obligation& obligation, const Report& report) {
  if (report.outcome == Outcome::proven) return {};
  std::string text = fmt::format(
      "{}: {} [{}]\n  {}\n", name_of(report.outcome), obligation.name, obligation.tag,
      obligation.says);
  if (!report.reason.empty()) text += fmt::format("  because: {}\n", report.reason);
  if (const auto& found = report.proof.counterexample) {
    text += fmt::format("  does not hold: {}\n", sentence(*found));
    text += field_lines(found->record.empty() ? found->inputs : found->record);
    const std::string replay = replay_line(obligation, *found);
    if (!replay.empty()) text += fmt::format("\n  {}\n\n", replay);
  }
  return text;
}

std::string count_line(const std::vector<Line>& lines) {
  const auto [proven, refuted, undecided] = count(lines);
  return fmt::format("{} proven, {} refuted, {} undecided\n", proven, refuted, undecided);
}

int exit_code(const std::vector<Line>& lines) {
  const auto [proven, refuted, undecided] = count(lines);
  if (refuted != 0) return kRefuted;
  return undecided != 0 ? kUndecided : kAllProven;
}

std::vector<std::string> unneeded_assumptions(const std::vector<Line>& lines) {
  std::map<std::string, std::vector<std::string>> made;
  std::set<std::string> needed;
  for (const auto& [obligation, report] : lines) {
    if (report.outcome != Outcome::proven) return {};
    for (const auto& [says, is_needed] : report.proof.assumptions) {
      made[says].push_back(obligation.name);
      if (is_needed) needed.insert(says);
    }
  }
  std::vector<std::string> unneeded;
  for (const auto& [says, by] : made) {
    if (!needed.contains(says))
      unneeded.push_back(fmt::format("{} ({})", says, fmt::join(by, ", ")));
  }
  return unneeded;
}

std::string totals_line(const Totals& totals) {
  std::string text = "Z3 " + z3_version();
  if (!totals.second.empty()) text += ", cvc5 " + totals.second;
  text += fmt::format("; {:.1f} s; {} MiB at most", totals.seconds, totals.memory_mib);
  if (!totals.second.empty()) text += fmt::format(", cvc5 {} MiB", totals.second_memory_mib);
  return text + "\n";
}

nlohmann::json to_json(const std::vector<Line>& lines, const Totals& totals) {
  const auto [proven, refuted, undecided] = count(lines);
  auto obligations = nlohmann::json::array();
  for (const Line& line : lines) obligations.push_back(to_json(line));
  return {
      {"tool", "quire-prove"},
      {"solver", "z3 " + z3_version()},
      {"second_solver", totals.second.empty() ? "" : "cvc5 " + totals.second},
      {"seconds", totals.seconds},
      {"memory_mib", totals.memory_mib},
      {"second_memory_mib", totals.second_memory_mib},
      {"proven", proven},
      {"refuted", refuted},
      {"undecided", undecided},
      {"unneeded_assumptions", unneeded_assumptions(lines)},
      {"obligations", std::move(obligations)}};
}

}  // namespace quire::proofs
