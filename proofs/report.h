// What a person and what a program read of the obligations that were run.
#pragma once

#include "proofs/obligation.h"

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

/// The table, row by row: name, tag, subject, paths, seconds of Z3 and cvc5, verdict.
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

/// An obligation and its report, side by side.
struct Line {
  Obligation obligation;
  Report report;
};

/// "12 proven, 0 refuted, 1 undecided". A control that fails counts as refuted.
std::string count_line(const std::vector<Line>& lines);

int exit_code(const std::vector<Line>& lines);

/// second: the version of the other solver; empty if there was none.
nlohmann::json to_json(const std::vector<Line>& lines, const std::string& second = {});

}  // namespace quire::proofs
