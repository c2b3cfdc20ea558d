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
    : suite_(std::move(suite)),
      total_(options.cases),
      shown_(options.progress),
      last_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void Progress::step() {
  ++done_;
  const auto now = std::chrono::steady_clock::now();
  if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  show();
}

void Progress::show() {
  fmt::print(stderr, "\r\033[K{}: {} of {} cases", suite_, done_, total_);
  std::fflush(stderr);
}

}  // namespace quire::props
