// cvc5, a prover by other people, as a program that reads a script.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace quire::proofs {

/// What one run of cvc5 may take.
struct Cvc5Limits {
  unsigned question_ms;        ///< for each question
  unsigned memory_mib;         ///< of address space
  unsigned grace_ms = 30'000;  ///< for which it may be silent beyond that
};

/// What cvc5 said to the questions of a script.
struct Cvc5Answers {
  std::vector<std::string> answers;  ///< "sat", "unsat" or "unknown", in the order of the questions
  /// What else it said, or how it ended if that was not of itself; one line, often empty. There may
  /// be fewer answers than questions then.
  std::string words;
};

/// Runs cvc5 on the script in `path`. One that is silent for longer than it may be is ended.
Cvc5Answers ask_cvc5(
    const std::filesystem::path& path, const std::vector<std::string>& options,
    const Cvc5Limits& limits);

/// "1.0.3", or nothing where cvc5 cannot be run.
std::string cvc5_version();

}  // namespace quire::proofs
