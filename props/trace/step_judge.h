// Judges the records that a trace becomes, counts them, and keeps the first that breaks a clause.
#pragma once

#include "props/judge/failure.h"
#include "props/trace/event.h"
#include "spec/reflect.h"

#include <fmt/format.h>
#include <boost/hana/for_each.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props::trace {

/// The kinds of steps that are judged.
inline constexpr const char* kWaits = "waits for locks";
inline constexpr const char* kBegins = "mappings answered by iomap_begin";
inline constexpr const char* kXfsBegins = "mappings answered by XFS";
inline constexpr const char* kIterations = "iterations of the iterator";
inline constexpr const char* kFolios = "folios added";
inline constexpr const char* kWritebacks = "mappings written back to";
inline constexpr const char* kWrites = "writes";
inline constexpr const char* kCalls = "calls of the outer write path";
inline constexpr const char* kPreallocs = "preallocations";
inline constexpr const char* kRounded = "preallocations with a traced size";
inline constexpr const char* kHalved = "preallocations that the kernel halved for want of space";
/// Seen, and not judged.
inline constexpr const char* kNotDerived = "preallocations that could not be derived";

/// The first thing in a trace that the model does not allow.
struct Violation {
  Failure failure;
  std::uint64_t line;                ///< of the event that broke the clause
  std::vector<std::string> context;  ///< the lines of its task up to that one
};

/// After the first violation nothing is judged.
class StepJudge {
 public:
  StepJudge() {
    for (const char* kind :
         {kWaits, kBegins, kXfsBegins, kIterations, kFolios, kWritebacks, kWrites, kCalls,
          kPreallocs, kRounded, kHalved, kNotDerived})
      judged_[kind] = 0;
  }

  /// Keeps the line, for a violation to be shown among the lines of its task.
  void note(const Event& event) {
    auto& last = last_[event.task];
    last.emplace_back(event.line, event.text);
    if (kContextLines < last.size()) last.pop_front();
  }

  void count(const char* kind) { ++judged_[kind]; }

  /// By the clauses of the record. event: the event of the step.
  template <class Record>
  void judge(const char* kind, const Event& event, const Record& record) {
    judge_by(clauses_of(record), kind, event, record);
  }

  template <class Clauses, class Record>
  void judge_by(
      const Clauses& clauses, const char* kind, const Event& event, const Record& record) {
    if (violation_) return;
    count(kind);
    boost::hana::for_each(clauses, [&](const auto& clause) {
      if (violation_ || clause.holds(record)) return;
      const std::string name = fmt::format("{}.{}", clause.text.operation, clause.text.name);
      violation_ = Violation{
          Failure{
              clause.text.says, clause.text.source, "the running kernel", name, describe(record)},
          event.line, context_of(event)};
    });
  }

  const std::optional<Violation>& violation() const { return violation_; }
  /// By kind.
  const std::map<std::string, std::uint64_t>& judged() const { return judged_; }

 private:
  static constexpr std::size_t kContextLines = 8;

  template <class Record>
  static std::string describe(const Record& record) {
    std::string text;
    spec::for_each_leaf(record, [&](const std::string& name, std::uint64_t value) {
      text += fmt::format("{}{} = {:#x}", text.empty() ? "" : ", ", name, value);
    });
    return text;
  }

  /// A step may be judged only at the next event: leaves out the lines behind its own.
  std::vector<std::string> context_of(const Event& event) {
    std::vector<std::string> context;
    for (const auto& [line, text] : last_[event.task]) {
      if (line < event.line) context.push_back(text);
    }
    context.push_back(event.text);
    return context;
  }

  std::optional<Violation> violation_;
  std::map<std::string, std::uint64_t> judged_;
  std::map<std::uint64_t, std::deque<std::pair<std::uint64_t, std::string>>> last_;  // by task
};

}  // namespace quire::props::trace
