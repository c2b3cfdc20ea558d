// What Z3 has answered, put to cvc5 as well.
#pragma once

#include "proofs/engine/prove.h"
#include "proofs/solvers/cvc5.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace quire::proofs {

/// What cvc5 said of an obligation's questions.
struct Opinion {
  std::uint64_t asked = 0;
  std::uint64_t agreed = 0;  ///< cannot be, said cvc5 as well
  /// Why it did not agree, one line that names the file where the question is kept; empty if it
  /// did.
  std::string reason;
  bool disagreed = false;  ///< it said "sat" where Z3 had said "unsat"
  double seconds = 0;
};

/// The questions of one obligation that a proof rests on: those that were answered "unsat", and so
/// a claim that holds or a way that is not followed; and those left to cvc5 alone ("unasked"). An
/// answer "sat" needs no second opinion: its model was evaluated. One thread.
class SecondOpinion {
 public:
  /// Throws std::runtime_error if no file can be made in TMPDIR.
  explicit SecondOpinion(const Cvc5Limits& limits);
  /// Removes its file.
  ~SecondOpinion();
  SecondOpinion(const SecondOpinion&) = delete;
  SecondOpinion& operator=(const SecondOpinion&) = delete;

  /// Notes a question if it is of those. Throws std::runtime_error if it cannot be written.
  void hear(const Query& query);

  /// Puts them to cvc5, as bits that it reads as integers; what that leaves open, as bits; and what
  /// has products of words, as the integers that Z3 was asked of. Ends at the first question that
  /// it does not agree to, which is kept as a file in TMPDIR.
  Opinion ask();

 private:
  struct Asked {
    std::string about;
    std::string answer;    ///< Z3's
    std::size_t length;    ///< of its script in the file, bytes; there only without `integers`
    std::string integers;  ///< Query::integers
  };

  /// The answer to one question by itself.
  std::string answer(
      const std::string& script, const std::vector<std::string>& options, std::string& words) const;
  /// Notes in `opinion` that cvc5 said `found` to the i-th question.
  void object(
      Opinion& opinion, std::size_t i, const std::string& found, const std::string& script,
      const std::string& words) const;

  Cvc5Limits limits_;
  std::filesystem::path path_;
  std::ofstream script_;
  std::vector<Asked> asked_;
};

}  // namespace quire::proofs
