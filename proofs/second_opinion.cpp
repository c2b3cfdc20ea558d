// One script for each obligation, and cvc5 as a program that reads it.
#include "proofs/second_opinion.h"

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
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

/// Of cvc5's own words so many characters, or a line more, are passed on.
constexpr std::size_t kWordsMax = 200;

// cvc5's way to read bits as integers that copes with masks (Zohar and others, 2022).
constexpr const char* kAsIntegers = "--solve-bv-as-int=iand";
/// Which sees most questions through in hundredths of a second, and the others not at all.
constexpr unsigned kPatienceMs = 3000;
constexpr const char* kNext = "(reset)\n";
constexpr const char* kNonlinear = "--nl-ext-tplanes";

}  // namespace

SecondOpinion::SecondOpinion(unsigned timeout_ms)
    : timeout_ms_(timeout_ms), path_(make_file()), script_(path_) {}

SecondOpinion::~SecondOpinion() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

void SecondOpinion::hear(const Query& query) {
  if (query.answer != "unsat" && query.answer != "unasked") return;
  asked_.push_back({query.about, query.smt2.size(), query.integers});
  if (!query.integers.empty()) return;
  script_ << query.smt2 << kNext;
  if (!script_) throw std::runtime_error{"cannot write " + path_.string()};
}

std::vector<std::string> SecondOpinion::answers(
    const fs::path& path, const std::string& options, std::string& words) const {
  std::istringstream lines{output_of(fmt::format(
      "cvc5 --lang=smt2 --incremental --tlimit-per={} {} {}",
      options == std::string_view{kAsIntegers} ? std::min(timeout_ms_, kPatienceMs) : timeout_ms_,
      options, quoted(path.string())))};
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) {
    if (line == "sat" || line == "unsat" || line == "unknown") {
      all.push_back(line);
    } else if (!line.empty() && words.size() < kWordsMax) {
      words += (words.empty() ? "" : " ") + line;
    }
  }
  return all;
}

std::string SecondOpinion::answer(
    const std::string& script, const std::string& options, std::string& words) const {
  const fs::path alone = make_file();
  std::ofstream{alone} << script;
  const std::vector<std::string> found = answers(alone, options, words);
  fs::remove(alone);
  return found.empty() ? "unknown" : found.front();
}

Opinion SecondOpinion::ask() {
  const auto start = std::chrono::steady_clock::now();
  if (!script_.flush()) throw std::runtime_error{"cannot write " + path_.string()};
  Opinion opinion;
  opinion.asked = asked_.size();
  std::string words;
  const std::vector<std::string> in_one = answers(path_, kAsIntegers, words);
  std::ifstream script{path_};

  std::size_t at = 0;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const Asked& asked = asked_[i];
    std::string found = "unknown";
    if (asked.integers.empty()) {
      std::string alone(asked.length, ' ');
      script.read(alone.data(), static_cast<std::streamsize>(alone.size()));
      script.ignore(static_cast<std::streamsize>(std::strlen(kNext)));
      if (at < in_one.size()) found = in_one[at];
      ++at;
      if (found == "unknown") found = answer(alone, {}, words);
    } else if (answer(asked.integers, kNonlinear, words) == "unsat") {
      // Of integers only "cannot be" is an answer.
      found = "unsat";
    }
    if (found == "unsat") {
      ++opinion.agreed;
      continue;
    }
    opinion.reason = fmt::format(
        "cvc5 says {} to question {} of {}, a {}{}{}", found, i + 1, asked_.size(), asked.about,
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
