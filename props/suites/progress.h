// One line on a terminal that says how far a suite is.
#pragma once

#include "props/suites/suite.h"
#include "props/watchdog/watched_process.h"

#include <chrono>
#include <string>

namespace quire::props {

/// Shows the line about ten times a second, and removes it in the end. Nothing where
/// options.progress is not set.
class Progress {
 public:
  Progress(std::string suite, const Options& options);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// The processes of these journals run the suite's cases.
  void show_cases(Board& board, std::size_t workers);
  /// A failing case is made smaller; steps: how many smaller ones failed so far.
  void show_shrinking(std::size_t steps);

 private:
  bool is_due();

  std::string suite_;
  bool shown_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace quire::props
