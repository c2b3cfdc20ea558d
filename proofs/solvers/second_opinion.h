// cvc5's opinion on the questions that Z3 answered.
#pragma once

#include "proofs/engine/prove.h"
#include "proofs/solvers/cvc5.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace quire::proofs {

/// cvc5's opinion on an obligation's questions.
struct Opinion {
  std::uint64_t asked = 0;
  std::uint64_t agreed = 0;  ///< those that cvc5 answered "unsat" too
  /// Why it did not agree: one line that names the file with the question; empty if it agreed.
  std::string reason;
  bool disagreed = false;  ///< it said "sat" where Z3 had said "unsat"
  double seconds = 0;
};

/// The questions of one obligation that its proof needs: those answered "unsat", for a claim that
/// holds or a branch that is not followed, and those left to cvc5 alone ("unasked"). An answer
/// "sat" needs no second opinion: its model was evaluated. One thread.
class SecondOpinion {
 public:
  /// Throws std::runtime_error if no file can be made in TMPDIR.
  explicit SecondOpinion(const Cvc5Limits& limits);
  /// Removes its file.
  ~SecondOpinion();
  SecondOpinion(const SecondOpinion&) = delete;
  SecondOpinion& operator=(const SecondOpinion&) = delete;

  /// Keeps a question if the proof needs it. Throws std::runtime_error if it cannot be written.
  void hear(const Query& query);

  /// Puts them to cvc5: as bits that it translates to integers; without an answer, as bits; with
  /// products of words, as the integers that Z3 was asked about. Ends at the first question without
  /// agreement, which is kept as a file in TMPDIR.
  Opinion ask();

 private:
  struct Asked {
    std::string about;
    std::string answer;    ///< Z3's
    std::size_t length;    ///< of its script in the file, bytes; there only without `integers`
    std::string integers;  ///< Query::integers
  };

  /// The answer to one question in a script of its own.
  std::string answer(
      const std::string& script, const std::vector<std::string>& options, std::string& words) const;
  /// Notes in `opinion` that cvc5 answered `found` to the i-th question.
  void object(
      Opinion& opinion, std::size_t i, const std::string& found, const std::string& script,
      const std::string& words) const;

  Cvc5Limits limits_;
  std::filesystem::path path_;
  std::ofstream script_;
  std::vector<Asked> asked_;
};

}  // namespace quire::proofs
