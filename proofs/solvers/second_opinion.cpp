// One script for each obligation; one of its own for a question that cvc5 does not answer there.
#include "proofs/solvers/second_opinion.h"

#include <fmt/format.h>

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>

namespace quire::proofs {
namespace {

namespace fs = std::filesystem;

/// A new file with a unique name. ending: of its name.
fs::path make_file(const std::string& what, const std::string& ending) {
  std::string name = (fs::temp_directory_path() / (what + ".XXXXXX" + ending)).string();
  const int file = ::mkstemps(name.data(), static_cast<int>(ending.size()));
  if (file < 0)
    throw std::runtime_error{"cannot make a file in " + fs::temp_directory_path().string()};
  ::close(file);
  return name;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream file{path};
  file << text;
  if (!file.flush()) throw std::runtime_error{"cannot write " + path.string()};
}

// cvc5 translates bits to integers, with a method for masks (Zohar and others, 2022).
constexpr const char* kAsIntegers = "--solve-bv-as-int=iand";
/// That answers most questions in hundredths of a second, and the others not at all. The limit is
/// in cvc5's own units, about a second, so that it does not depend on the machine's load.
constexpr const char* kPatience = "--rlimit-per=300000";
/// cvc5 does not count all of its work.
constexpr unsigned kPatienceMs = 10'000;
constexpr const char* kNext = "(reset)\n";
constexpr const char* kNonlinear = "--nl-ext-tplanes";

}  // namespace

SecondOpinion::SecondOpinion(const Cvc5Limits& limits)
    : limits_(limits), path_(make_file("quire-prove", "")), script_(path_) {}

SecondOpinion::~SecondOpinion() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

void SecondOpinion::hear(const Query& query) {
  if (query.answer != "unsat" && query.answer != "unasked") return;
  asked_.push_back({query.about, query.answer, query.smt2.size(), query.integers});
  if (!query.integers.empty()) return;
  script_ << query.smt2 << kNext;
  if (!script_) throw std::runtime_error{"cannot write " + path_.string()};
}

std::string SecondOpinion::answer(
    const std::string& script, const std::vector<std::string>& options, std::string& words) const {
  const fs::path alone = make_file("quire-prove", "");
  write_file(alone, script);
  const Cvc5Answers said = ask_cvc5(alone, options, limits_);
  fs::remove(alone);
  if (!said.words.empty()) words = said.words;
  return said.answers.empty() ? "unknown" : said.answers.front();
}

void SecondOpinion::object(
    Opinion& opinion, std::size_t i, const std::string& found, const std::string& script,
    const std::string& words) const {
  const Asked& asked = asked_[i];
  opinion.disagreed = found == "sat" && asked.answer == "unsat";
  const fs::path kept = make_file("quire-prove." + asked.about, ".smt2");
  write_file(kept, script);
  opinion.reason = fmt::format(
      "{}cvc5 says {}{} to question {} of {}, a {}{}; it is kept as {}",
      opinion.disagreed ? "disagreement: " : "", found, opinion.disagreed ? ", and Z3 unsat," : "",
      i + 1, asked_.size(), asked.about, words.empty() ? "" : " (" + words + ")", kept.string());
}

Opinion SecondOpinion::ask() {
  const auto start = std::chrono::steady_clock::now();
  if (!script_.flush()) throw std::runtime_error{"cannot write " + path_.string()};
  Opinion opinion;
  opinion.asked = asked_.size();
  Cvc5Limits quick = limits_;
  quick.question_ms = std::min(quick.question_ms, kPatienceMs);
  const Cvc5Answers in_one = ask_cvc5(path_, {kAsIntegers, kPatience}, quick);
  std::ifstream scripts{path_};

  std::size_t at = 0;
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const Asked& asked = asked_[i];
    std::string words, script, found = "unknown";
    if (asked.integers.empty()) {
      script.resize(asked.length);
      scripts.read(script.data(), static_cast<std::streamsize>(script.size()));
      scripts.ignore(static_cast<std::streamsize>(std::strlen(kNext)));
      if (at < in_one.answers.size()) found = in_one.answers[at];
      ++at;
      if (found == "unknown") found = answer(script, {}, words);
    } else {
      script = asked.integers;
      found = answer(script, {kNonlinear}, words);
      // A model of the integers need not be one of the words.
      if (found == "sat") found = "unknown";
    }
    if (found != "unsat") {
      object(opinion, i, found, script, words);
      break;
    }
    ++opinion.agreed;
  }
  opinion.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return opinion;
}

}  // namespace quire::proofs
