// Plays vectors until one does not go as it says. quire-check does so too (--suite vectors); this
// is no more than that, since it is built again for each mutant.
#include "props/vectors/run_vector.h"
#include "props/vectors/vector.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr int kFailed = 1, kCannotRun = 3, kOutputLost = 5;  // as quire-check exits

using namespace quire::props;

/// The difference from the vector, in a line; empty if there is none.
std::string fault_of(const Vector& vector) {
  try {
    const auto failure = run_vector(vector);
    if (!failure) return {};
    return fmt::format(
        "expected {}, actual {} ({})", failure->expected, failure->actual, failure->says);
  } catch (const std::exception& e) {
    return fmt::format("threw: {}", e.what());
  }
}

/// 0, or kFailed once one has failed.
int play(const std::string& path) {
  std::ifstream file{path};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::size_t number = 0;
  for (const Vector& vector : vectors_from(text)) {
    ++number;
    const std::string fault = fault_of(vector);
    if (fault.empty()) continue;
    fmt::print("{} {}: {}\n", vector.run, number, fault);
    return kFailed;
  }
  fmt::print("{}: {} vectors go as they say\n", path, number);
  return 0;
}

/// All of them. Returns the exit status.
int play_all(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    try {
      if (const int status = play(path); status != 0) return status;
    } catch (const std::exception& e) {
      fmt::print(stderr, "{}: {}\n", path, e.what());
      return kCannotRun;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: mutant-vectors FILE...\n");
    return kCannotRun;
  }
  const int status = play_all({argv + 1, argv + argc});
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  fmt::print(stderr, "mutant-vectors: standard output is not writable\n");
  return kOutputLost;
}
