// Runs cvc5, an independent solver, on a script.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace quire::proofs {

/// The limits of one run of cvc5.
struct Cvc5Limits {
  unsigned question_ms;        ///< for each question
  unsigned memory_mib;         ///< of address space
  unsigned grace_ms = 30'000;  ///< added to question_ms before a silent cvc5 is killed
};

/// cvc5's answers to the questions of a script.
struct Cvc5Answers {
  std::vector<std::string> answers;  ///< "sat", "unsat" or "unknown", in the order of the questions
  /// Its other output, or the reason if it did not exit normally; one line, often empty. Then there
  /// may be fewer answers than questions.
  std::string words;
};

/// Runs cvc5 on the script in `path`. Kills it if it is silent for longer than its limits.
Cvc5Answers ask_cvc5(
    const std::filesystem::path& path, const std::vector<std::string>& options,
    const Cvc5Limits& limits);

/// "1.0.3", or nothing where cvc5 cannot be run.
std::string cvc5_version();

}  // namespace quire::proofs
