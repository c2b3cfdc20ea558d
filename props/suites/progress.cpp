#include "props/suites/progress.h"

#include "props/suites/run_cases.h"

#include <fmt/format.h>
#include <rapidcheck/detail/Configuration.h>

#include <cstdio>
#include <iostream>

namespace quire::props {

void quiet_rapidcheck() {
  std::streambuf* const err = std::cerr.rdbuf(nullptr);
  rc::detail::configuration();
  std::cerr.rdbuf(err);
  std::cerr.clear();
}

Progress::Progress(std::string suite, const Options& options)
    : suite_(std::move(suite)), shown_(options.progress), last_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

bool Progress::is_due() {
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return false;
  last_ = now;
  return true;
}

void Progress::show_cases(Board& board, std::size_t workers) {
  if (!is_due()) return;
  std::uint64_t done = 0, total = 0;
  for (std::size_t i = 0; i < workers; ++i) {
    done += board.journal(i).cases;
    total += board.journal(i).share;
  }
  const std::string by = workers == 1 ? "" : fmt::format(" by {} processes", workers);
  if (board.first_failure() != ~std::uint64_t{0}) {
    fmt::print(
        stderr, "\r\033[K{}: case {} failed; running those before it, and shrinking", suite_,
        board.first_failure() + 1);
  } else if (total != 0) {
    fmt::print(stderr, "\r\033[K{}: {} of {} cases{}", suite_, done, total, by);
  }
  std::fflush(stderr);
}

void Progress::show_shrinking(std::size_t steps) {
  if (!is_due()) return;
  fmt::print(stderr, "\r\033[K{}: a case ended its process; {} steps smaller", suite_, steps);
  std::fflush(stderr);
}

}  // namespace quire::props
