// The reports of the obligations that were run, for people and for programs.
#pragma once

#include "proofs/obligations/obligation.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace quire::proofs {

/// The exit codes of quire-prove.
inline constexpr int kAllProven = 0;
inline constexpr int kRefuted = 1;
inline constexpr int kBadUsage = 2;
inline constexpr int kNoSolver = 3;
inline constexpr int kUndecided = 4;
inline constexpr int kOutputLost = 5;

/// The table, row by row: name, tag, subject, paths, seconds of Z3 and cvc5, verdict, bound.
class Table {
 public:
  /// Columns are as wide as these obligations need.
  Table(const std::vector<Obligation>& obligations, bool colours);

  std::string head() const;
  std::string row(const Obligation& obligation, const Report& report) const;

 private:
  std::size_t name_, tag_, subject_;
  bool colours_;
};

/// Why an obligation is not proven, over several lines: the sentence that fails and its tag, then
/// the record field by field. Empty if it is proven.
std::string explain(const Obligation& obligation, const Report& report);

/// The assumptions of an obligation, a line each, and whether its proof needs them. Empty if it has
/// none, or if that was not determined.
std::string assumption_lines(const Report& report);

/// An obligation and its report, side by side.
struct Line {
  Obligation obligation;
  Report report;
};

/// "12 proven, 0 refuted, 1 undecided". A control that fails counts as refuted.
std::string count_line(const std::vector<Line>& lines);

int exit_code(const std::vector<Line>& lines);

/// The assumptions that no proof needs, each with the obligations that make it: "name (ref.a,
/// ref.b)". Empty unless all obligations are proven.
std::vector<std::string> unneeded_assumptions(const std::vector<Line>& lines);

/// The time and memory of a run.
struct Totals {
  std::string second;          ///< version of the other solver; empty if there was none
  double seconds = 0;          ///< of wall time
  long memory_mib = 0;         ///< peak, of quire-prove with Z3
  long second_memory_mib = 0;  ///< peak, of one run of the other; includes a copy of its parent
};

/// "Z3 4.8.12.0, cvc5 1.0.3; 85.3 s; 130 MiB at most, cvc5 64 MiB".
std::string totals_line(const Totals& totals);

nlohmann::json to_json(const std::vector<Line>& lines, const Totals& totals);

}  // namespace quire::proofs
