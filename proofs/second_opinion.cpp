// One script for each obligation, and cvc5 as a program that reads it.
#include "proofs/second_opinion.h"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>

namespace quire::proofs {
namespace {

namespace fs = std::filesystem;

/// What a command prints, to either stream.
std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{
      ::popen((command + " 2>&1").c_str(), "r"), ::pclose};
  if (!pipe) return {};
  std::string all;
  std::array<char, 4096> part;
  while (const std::size_t n = std::fread(part.data(), 1, part.size(), pipe.get())) {
    all.append(part.data(), n);
  }
  return all;
}

/// As the shell reads it.
std::string quoted(const std::string& text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? "'\\''" : std::string(1, c);
  return all + "'";
}

/// A new file that nobody else has.
fs::path make_file() {
  std::string name = (fs::temp_directory_path() / "quire-prove.XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0)
    throw std::runtime_error{"cannot make a file in " + fs::temp_directory_path().string()};
  ::close(file);
  return name;
}

// cvc5's way to read bits as integers that copes with masks (Zohar and others, 2022).
constexpr const char* kAsIntegers = "--solve-bv-as-int=iand";

}  // namespace

SecondOpinion::SecondOpinion(unsigned timeout_ms)
    : timeout_ms_(timeout_ms), path_(make_file()), script_(path_) {}

SecondOpinion::~SecondOpinion() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

void SecondOpinion::hear(const Query& query) {
  if (query.answer != "unsat" && query.answer != "unasked") return;
  about_.push_back(query.about);
  starts_.push_back(script_.tellp());
  script_ << query.smt2 << "(reset)\n";
  if (!script_) throw std::runtime_error{"cannot write " + path_.string()};
}

std::vector<std::string> SecondOpinion::answers(
    const fs::path& path, const std::string& options, std::string& words) const {
  std::istringstream lines{output_of(fmt::format(
      "cvc5 --lang=smt2 --incremental --tlimit-per={} {} {}", timeout_ms_, options,
      quoted(path.string())))};
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) {
    if (line == "sat" || line == "unsat" || line == "unknown") {
      all.push_back(line);
    } else if (!line.empty()) {
      words = line;
    }
  }
  return all;
}

Opinion SecondOpinion::ask() {
  const auto start = std::chrono::steady_clock::now();
  if (!script_.flush()) throw std::runtime_error{"cannot write " + path_.string()};
  Opinion opinion;
  opinion.asked = about_.size();
  std::string words;
  std::vector<std::string> found = answers(path_, kAsIntegers, words);
  found.resize(about_.size(), "unknown");

  std::ifstream script{path_};
  const std::string text{std::istreambuf_iterator<char>{script}, {}};
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == "unknown") {
      const auto from = static_cast<std::size_t>(starts_[i]);
      const std::size_t end =
          i + 1 < starts_.size() ? static_cast<std::size_t>(starts_[i + 1]) : text.size();
      const fs::path alone = make_file();
      std::ofstream{alone} << text.substr(from, end - from);
      const std::vector<std::string> again = answers(alone, {}, words);
      fs::remove(alone);
      if (!again.empty()) found[i] = again.front();
    }
    if (found[i] == "unsat") {
      ++opinion.agreed;
      continue;
    }
    opinion.reason = fmt::format(
        "cvc5 says {} to question {} of {}, a {}{}{}", found[i], i + 1, found.size(), about_[i],
        words.empty() ? "" : ": ", words);
    break;
  }
  opinion.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return opinion;
}

std::string cvc5_version() {
  // "This is cvc5 version 1.0.3"
  std::istringstream words{output_of("cvc5 --version")};
  for (std::string word; words >> word;) {
    if (word == "version" && words >> word) return word;
  }
  return {};
}

}  // namespace quire::proofs
