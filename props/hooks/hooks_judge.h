// The rules that a user's hooks are held to: the clauses of spec/, and those that need a caller.
#pragma once

#include "props/hooks/hooks_laws.h"
#include "props/judge/judge.h"
#include "props/judge/record_text.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Ends a case whose first failure is known. No std::exception, so that hooks which catch those do
/// not catch it.
struct BrokenRule {};

/// Keeps the first failure, and the calls that led to it.
class HooksJudge final : public Judge {
 public:
  explicit HooksJudge(std::string loop, spec::LockGraph* waits)
      : Judge(loop, nullptr, waits), loop_(std::move(loop)) {}

  /// The first rule that was broken.
  const std::optional<Failure>& broken() const { return own_ ? own_ : failure(); }
  /// Throws BrokenRule if there is one.
  void stop_if_broken() const {
    if (broken()) throw BrokenRule{};
  }

  /// Fails with the law unless it holds. actual: what was found instead.
  void demand(const spec::ClauseText& law, bool holds, const std::string& actual) {
    if (holds || broken()) return;
    own_ =
        Failure{law.says, law.source, loop_, fmt::format("{}.{}", law.operation, law.name), actual};
  }
  /// A clause of spec/ about one record.
  template <class Clause, class Record>
  void demand_clause(const Clause& clause, const Record& record) {
    if (!clause.holds(record)) demand(clause.text, false, record_text(record));
  }

  /// A line of the story that a failure shows.
  void tell(std::string line) { story_.push_back(std::move(line)); }
  const std::vector<std::string>& story() const { return story_; }

 private:
  std::string loop_;
  std::optional<Failure> own_;
  std::vector<std::string> story_;
};

}  // namespace quire::props
