#include "props/suites/score_card.h"

#include "props/space/allocator_coverage.h"
#include "props/space/allocator_laws.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

namespace quire::props {
namespace {

struct Figure {
  const char* name;
  const char* better;
  double AgeingScore::*value;
};

constexpr Figure kFigures[] = {
    {"blocks a grant", "more is better", &AgeingScore::blocks_a_grant},
    {"extents a file", "fewer is better", &AgeingScore::extents_a_file},
    {"blocks a free run", "more is better", &AgeingScore::blocks_a_free_run},
    {"blocks from the goal", "fewer is better", &AgeingScore::from_goal}};

std::uint64_t judged(const SuiteResult& result, const spec::ClauseText& law) {
  const std::string name = AllocatorCoverage::name_of(law);
  for (const auto& [of, count] : result.coverage)
    if (of == name) return count;
  return 0;
}

/// A panel of the chart: bars with their names and values.
class Panel {
 public:
  explicit Panel(std::string title) : title_(std::move(title)) {}

  void add(std::string name, double value) { bars_.emplace_back(std::move(name), value); }

  static constexpr int kWidth = 400;
  int height() const { return kBar * static_cast<int>(bars_.size()) + kTitle + kMargin; }

  std::string at(int x, int y) const {
    double most = 0;
    for (const auto& [name, value] : bars_) most = std::max(most, value);
    std::string svg = fmt::format(
        "<text x=\"{}\" y=\"{}\" font-weight=\"bold\">{}</text>\n", x, y + kMargin,
        escaped(title_));
    int top = y + kTitle;
    for (const auto& [name, value] : bars_) {
      const int width = most == 0 ? 0 : static_cast<int>(kLength * value / most);
      svg += fmt::format(
          "<text x=\"{}\" y=\"{}\">{}</text><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" "
          "fill=\"#4477aa\"/><text x=\"{}\" y=\"{}\">{:.1f}</text>\n",
          x, top + kBar - 5, escaped(name), x + kNames, top + 2, width, kBar - 4,
          x + kNames + width + 4, top + kBar - 5, value);
      top += kBar;
    }
    return svg;
  }

 private:
  static constexpr int kBar = 18, kTitle = 24, kMargin = 16, kNames = 130, kLength = 200;

  static std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '<')
        out += "&lt;";
      else if (c == '&')
        out += "&amp;";
      else
        out += c;
    }
    return out;
  }

  std::string title_;
  std::vector<std::pair<std::string, double>> bars_;
};

std::vector<Panel> panels_of(const std::vector<AllocatorScore>& scores) {
  std::vector<Panel> panels;
  for (std::size_t i = 0; i < scores.front().ageings.size(); ++i) {
    for (const Figure& figure : kFigures) {
      Panel panel(
          fmt::format("{}: {} ({})", scores.front().ageings[i].ageing, figure.name, figure.better));
      for (const AllocatorScore& score : scores)
        panel.add(score.name, score.ageings[i].*figure.value);
      panels.push_back(std::move(panel));
    }
  }
  for (std::size_t i = 0; i < kScoredFullness.size(); ++i) {
    Panel panel(fmt::format("ns a grant with its release, {} % full", kScoredFullness[i]));
    for (const AllocatorScore& score : scores)
      if (!score.nanoseconds.empty()) panel.add(score.name, score.nanoseconds[i]);
    panels.push_back(std::move(panel));
  }
  return panels;
}

/// Those that were scored.
std::vector<AllocatorScore> scored(const std::vector<AllocatorScore>& scores) {
  std::vector<AllocatorScore> some;
  for (const AllocatorScore& score : scores)
    if (!score.ageings.empty()) some.push_back(score);
  return some;
}

}  // namespace

std::string law_card(const SuiteResult& result) {
  std::string text = fmt::format("\n{}: the laws\n", result.suite);
  const std::string_view broken =
      result.counterexample ? std::string_view(result.counterexample->text) : std::string_view();
  for (const spec::ClauseText* law : kAllocatorLaws) {
    const std::uint64_t times = judged(result, *law);
    const bool is_broken = broken.find(law->says) != std::string_view::npos;
    text += fmt::format(
        "  {:<24} {:<7} {:>10}  {}\n", law->name,
        is_broken    ? "BROKEN"
        : times == 0 ? "-"
                     : "held",
        is_broken ? "" : fmt::format("{} times", times), law->says);
  }
  return text + "  -: never judged: its power is not declared, or a law broke before\n";
}

std::string score_card(const std::vector<AllocatorScore>& all, std::uint64_t seed) {
  std::string text;
  for (const AllocatorScore& score : all)
    if (!score.why_not.empty())
      text += fmt::format("\n{}: not scored: {}\n", score.name, score.why_not);
  const auto scores = scored(all);
  if (scores.empty()) return text;
  for (std::size_t i = 0; i < scores.front().ageings.size(); ++i) {
    text +=
        fmt::format("\n{:<20}", fmt::format("{}, seed {}", scores.front().ageings[i].ageing, seed));
    for (const Figure& figure : kFigures) text += fmt::format("  {:>20}", figure.name);
    text += '\n';
    for (const AllocatorScore& score : scores) {
      text += fmt::format("  {:<18}", score.name);
      for (const Figure& figure : kFigures)
        text += fmt::format("  {:>20.1f}", score.ageings[i].*figure.value);
      text += '\n';
    }
  }
  text += fmt::format("\n{:<20}", "ns a grant");
  for (const std::uint64_t percent : kScoredFullness)
    text += fmt::format("  {:>20}", fmt::format("{} % full", percent));
  text += '\n';
  const AllocatorScore& first = scores.front();
  for (const AllocatorScore& score : scores) {
    if (score.nanoseconds.empty()) continue;
    text += fmt::format("  {:<18}", score.name);
    for (std::size_t i = 0; i < score.nanoseconds.size(); ++i) {
      const double of_first = first.nanoseconds.empty() ? 0 : first.nanoseconds[i];
      text += fmt::format(
          "  {:>20}", of_first == 0 ? fmt::format("{:.0f}", score.nanoseconds[i])
                                    : fmt::format(
                                          "{:.0f} ({:.2f} x)", score.nanoseconds[i],
                                          score.nanoseconds[i] / of_first));
    }
    text += '\n';
  }
  return text + fmt::format("  x: the time of {}\n", first.name);
}

nlohmann::json json_of(const std::vector<AllocatorScore>& scores) {
  using nlohmann::json;
  json all = json::array();
  for (const AllocatorScore& score : scores) {
    json one{{"allocator", score.name}, {"ageings", json::object()}};
    if (!score.why_not.empty()) one["why_not"] = score.why_not;
    for (const AgeingScore& ageing : score.ageings)
      for (const Figure& figure : kFigures)
        one["ageings"][ageing.ageing][figure.name] = ageing.*figure.value;
    for (std::size_t i = 0; i < score.nanoseconds.size(); ++i)
      one["nanoseconds"][fmt::format("{} % full", kScoredFullness[i])] = score.nanoseconds[i];
    all.push_back(one);
  }
  return all;
}

std::string score_chart(const std::vector<AllocatorScore>& all) {
  const auto scores = scored(all);
  constexpr int kColumns = 2, kMargin = 20;
  std::string bars;
  int y = kMargin;
  if (!scores.empty()) {
    const std::vector<Panel> panels = panels_of(scores);
    for (std::size_t i = 0; i < panels.size(); ++i) {
      const int column = static_cast<int>(i) % kColumns;
      bars += panels[i].at(kMargin + column * Panel::kWidth, y);
      if (column == kColumns - 1 || i + 1 == panels.size()) y += panels[i].height();
    }
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n{}</svg>\n",
      kColumns * Panel::kWidth + 2 * kMargin, y + kMargin, bars);
}

}  // namespace quire::props
