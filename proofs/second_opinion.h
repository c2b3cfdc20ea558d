// What Z3 has answered, put to cvc5 as well: another program, by other people.
#pragma once

#include "proofs/prove.h"

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
  std::string reason;        ///< why it did not agree, one line; empty if it did
  double seconds = 0;
};

/// The questions of one obligation that a proof rests on: those that were answered "unsat", and so
/// a claim that holds or a way that is not followed; and those left to cvc5 alone ("unasked"). An
/// answer "sat" needs no second opinion: its model was evaluated. One thread.
class SecondOpinion {
 public:
  /// timeout_ms: of one question. Throws std::runtime_error if no file can be made in TMPDIR.
  explicit SecondOpinion(unsigned timeout_ms);
  /// Removes its file.
  ~SecondOpinion();
  SecondOpinion(const SecondOpinion&) = delete;
  SecondOpinion& operator=(const SecondOpinion&) = delete;

  /// Notes a question if it is of those. Throws std::runtime_error if it cannot be written.
  void hear(const Query& query);

  /// Puts them to cvc5, as bits that it reads as integers; what that leaves open, as bits; and what
  /// has products of words, as the integers that Z3 was asked of.
  Opinion ask();

 private:
  /// The answer to each question in `path`, in their order; fewer if cvc5 stopped, whose last words
  /// are in `words` then.
  std::vector<std::string> answers(
      const std::filesystem::path& path, const std::string& options, std::string& words) const;

  /// The answer to one question by itself.
  std::string answer(
      const std::string& script, const std::string& options, std::string& words) const;

  unsigned timeout_ms_;
  std::filesystem::path path_;
  std::ofstream script_;
  struct Asked {
    std::string about;
    std::size_t length;    ///< of its script in the file, bytes; there only without `integers`
    std::string integers;  ///< Query::integers
  };
  std::vector<Asked> asked_;
};

/// "1.0.3", or nothing where cvc5 cannot be run.
std::string cvc5_version();

}  // namespace quire::proofs
