// A child process under the limits of a shell. Its output is read until it ends, or is silent for
// too long.
#include "proofs/solvers/cvc5.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

extern char** environ;

namespace quire::proofs {
namespace {

/// The output of a run, of both streams, and how it ended.
struct Output {
  std::string text;
  std::string failure;  ///< empty if it exited normally
};

/// The reason, if it did not exit normally.
std::string failure_of(int status) {
  if (WIFSIGNALED(status)) return fmt::format("ended by {}", ::strsignal(WTERMSIG(status)));
  // The shell's status for a program that was not found.
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return "cannot be run";
  return {};
}

/// silence_ms: for how long it may print nothing.
Output run(const std::vector<std::string>& arguments, unsigned memory_mib, unsigned silence_ms) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {{}, std::strerror(errno)};
  std::vector<std::string> words{
      "sh", "-c", "ulimit -v $0; exec cvc5 \"$@\" 2>&1", std::to_string(memory_mib * 1024ull)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, "/bin/sh", &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error != 0) {
    ::close(ends[0]);
    return {{}, std::strerror(error)};
  }

  Output output;
  bool silent = false;
  std::array<char, 4096> part;
  while (true) {
    pollfd from{ends[0], POLLIN, 0};
    const int ready = ::poll(&from, 1, static_cast<int>(silence_ms));
    if (ready < 0 && errno == EINTR) continue;
    silent = ready == 0;
    const ssize_t n = ready > 0 ? ::read(ends[0], part.data(), part.size()) : 0;
    if (n <= 0) break;
    output.text.append(part.data(), static_cast<std::size_t>(n));
  }
  if (silent) ::kill(child, SIGKILL);
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  output.failure = silent ? "does not keep its time limit" : failure_of(status);
  return output;
}

/// The most characters, but for one line, of cvc5's other output that are passed on.
constexpr std::size_t kWordsMax = 200;

}  // namespace

Cvc5Answers ask_cvc5(
    const std::filesystem::path& path, const std::vector<std::string>& options,
    const Cvc5Limits& limits) {
  std::vector<std::string> arguments{
      "--lang=smt2", "--incremental", fmt::format("--tlimit-per={}", limits.question_ms)};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(path.string());
  const Output output = run(arguments, limits.memory_mib, limits.question_ms + limits.grace_ms);

  Cvc5Answers said;
  std::istringstream lines{output.text};
  for (std::string line; std::getline(lines, line);) {
    if (line == "sat" || line == "unsat" || line == "unknown") {
      said.answers.push_back(line);
    } else if (!line.empty() && said.words.size() < kWordsMax) {
      said.words += (said.words.empty() ? "" : " ") + line;
    }
  }
  if (!output.failure.empty()) said.words = "cvc5 " + output.failure;
  return said;
}

std::string cvc5_version() {
  // "This is cvc5 version 1.0.3"
  std::istringstream words{run({"--version"}, 4096, 30'000).text};
  for (std::string word; words >> word;) {
    if (word == "version" && words >> word) return word;
  }
  return {};
}

}  // namespace quire::proofs
