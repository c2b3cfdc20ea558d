// A vector as the scripted answers of a run, and what the run comes to.
#pragma once

#include "props/judge/judge.h"
#include "props/vectors/vector.h"
#include "spec/vectors/pages.h"
#include "spec/vectors/vectors.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// The loop asks for a word that the vector does not have.
struct NoScriptedAnswer {};

/// The Source (spec/vectors/vectors.h) that answers with a vector's words, and keeps the questions.
class ScriptedAnswers {
 public:
  explicit ScriptedAnswers(const Vector& vector) : world_(vector.world) {}

  std::uint64_t word(const std::string& name, unsigned);
  void suppose(bool holds) {
    if (!holds) throw NoScriptedAnswer{};
  }
  template <class Make>
  std::uint64_t word(const std::string& name, unsigned bits, const char* why, Make&& real) {
    const std::uint64_t answer = word(name, bits);
    if (answer != real()) unreal_.insert(why);
    return answer;
  }
  template <class Make>
  void prefer(Make&&) {}
  template <class Make>
  void real(Make&& make) {
    make([this](const char* why, bool holds) {
      if (!holds) unreal_.insert(why);
    });
  }
  void attempt_begins();
  void asks(const char* what, const std::vector<std::uint64_t>& words);

  const std::vector<std::string>& asked() const { return asked_; }
  const std::set<std::string>& unreal() const { return unreal_; }

  /// The pages that a write loop has met, once it has ended.
  std::optional<spec::VectorPages<std::uint64_t>> pages;

 private:
  const std::map<std::string, std::vector<std::uint64_t>>& world_;
  std::map<std::string, std::size_t> met_;
  int attempts_ = 0;
  std::vector<std::string> asked_;
  std::set<std::string> unreal_;
};

/// Passes the steps of a tap on to a judge.
struct ToJudge {
  Judge& judge;
  void attempt(const spec::Attempt<std::uint64_t>& a) { judge.attempt(a); }
  void step(const spec::Step& step) { judge.step(step); }
  void lock_wanted(std::uint64_t rank, std::uint64_t key) { judge.lock_wanted(rank, key); }
  bool wants_stop() { return false; }
};

/// Judges the write_end of a folio whose range is one block.
void judge_write_end(
    Judge& judge, const spec::Begun<std::uint64_t>& folio, bool uptodate, std::uint64_t pos,
    std::uint64_t length, std::uint64_t copied, std::uint64_t accepted);

/// They run a vector of the write loops, of iomap's loops, or of XFS's path around the write, and
/// judge the steps that have clauses. They throw NoScriptedAnswer, and std::invalid_argument for an
/// unknown run.
using Run = spec::Observed<std::uint64_t>(const Vector&, ScriptedAnswers&, Judge&);
Run run_write_loop, run_iomap, run_xfs;

[[noreturn]] void no_such_run(const Vector& vector);

}  // namespace quire::props
