// The table, the explanations and the JSON form of reports.
#include "proofs/report.h"

#include "proofs/replay.h"
#include "spec/word.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
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

/// Errors read as the negative numbers that they are.
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
      {"controls", std::move(controls)}};
  if (const auto& second = report.second) {
    json["second"] = {
        {"asked", second->asked}, {"agreed", second->agreed}, {"seconds", second->seconds}};
  }
  if (const auto& found = report.proof.counterexample) {
    json["counterexample"] = to_json(*found);
    json["counterexample"]["replay"] = replay_line(obligation, *found);
  }
  return json;
}

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
      "{:<{}}  {:<{}}  {:<{}}  {:>6}  {:>7}  {:>7}  {}\n", "name", name_, "tag", tag_, "subject",
      subject_, "paths", "z3 s", "cvc5 s", "verdict");
}

std::string Table::row(const Obligation& obligation, const Report& report) const {
  const double of_second = report.second ? report.second->seconds : 0;
  return fmt::format(
      "{:<{}}  {:<{}}  {:<{}}  {:>6}  {:>7.2f}  {:>7}  {}{}{}\n", obligation.name, name_,
      obligation.tag, tag_, obligation.subject, subject_, report.proof.paths,
      report.seconds - of_second, report.second ? fmt::format("{:.2f}", of_second) : "",
      colours_ ? colour_of(report) : "", name_of(report.outcome), colours_ ? "\033[0m" : "");
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

nlohmann::json to_json(const std::vector<Line>& lines, const std::string& second) {
  const auto [proven, refuted, undecided] = count(lines);
  auto obligations = nlohmann::json::array();
  for (const Line& line : lines) obligations.push_back(to_json(line));
  return {
      {"tool", "quire-prove"},
      {"solver", "z3 " + z3_version()},
      {"second_solver", second.empty() ? "" : "cvc5 " + second},
      {"proven", proven},
      {"refuted", refuted},
      {"undecided", undecided},
      {"obligations", std::move(obligations)}};
}

}  // namespace quire::proofs
