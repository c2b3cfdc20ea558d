// The words of a vector, as its run is told them, and what comes of that run.
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

/// The loop has gone where the vector does not tell what it meets.
struct LeftTheWorld {};

/// The Source (spec/vectors/vectors.h) of a vector.
class ToldWords {
 public:
  explicit ToldWords(const Vector& vector) : world_(vector.world) {}

  std::uint64_t word(const std::string& name, unsigned);
  void suppose(bool holds) {
    if (!holds) throw LeftTheWorld{};
  }
  template <class Make>
  std::uint64_t word(const std::string& name, unsigned bits, const char* why, Make&& real) {
    const std::uint64_t told = word(name, bits);
    if (told != real()) unreal_.insert(why);
    return told;
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

  /// What a write loop has met of pages, once it has ended.
  std::optional<spec::VectorPages<std::uint64_t>> pages;

 private:
  const std::map<std::string, std::vector<std::uint64_t>>& world_;
  std::map<std::string, std::size_t> met_;
  int attempts_ = 0;
  std::vector<std::string> asked_;
  std::set<std::string> unreal_;
};

/// Passes on what a tap sees.
struct ToJudge {
  Judge& judge;
  void attempt(const spec::Attempt<std::uint64_t>& a) { judge.attempt(a); }
  void step(const spec::Step& step) { judge.step(step); }
  void lock_wanted(std::uint64_t rank, std::uint64_t key) { judge.lock_wanted(rank, key); }
  bool wants_stop() { return false; }
};

/// Judges the end of a folio's part of a write, as of a folio whose range is one block.
void judge_write_end(
    Judge& judge, const spec::Begun<std::uint64_t>& folio, bool uptodate, std::uint64_t pos,
    std::uint64_t length, std::uint64_t copied, std::uint64_t accepted);

/// Run a vector of the write loops, of iomap's loops, of XFS's path around the write, judged where
/// a clause speaks of what they do. They leave by LeftTheWorld, and throw std::invalid_argument for
/// a run that there is not.
using Run = spec::Observed<std::uint64_t>(const Vector&, ToldWords&, Judge&);
Run run_write_loop, run_iomap, run_xfs;

[[noreturn]] void no_such_run(const Vector& vector);

}  // namespace quire::props
