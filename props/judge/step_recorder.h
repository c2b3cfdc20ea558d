// A judge that keeps the steps of the last write, to compare them with a vector's.
#pragma once

#include "props/judge/judge.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace quire::props {

/// One call of a write loop.
struct LoopSteps {
  std::vector<spec::IterStep<std::uint64_t>> iterator;
  std::vector<spec::Attempt<std::uint64_t>> attempts;
  std::optional<spec::LoopCall<std::uint64_t>> call;  ///< once it has ended
};

/// Judges each step, and keeps those of the last call.
class StepRecorder final : public Judge {
 public:
  using Judge::Judge;

  /// Of the last call; empty before the first.
  const LoopSteps& steps() const { return steps_; }

  /// Calls `then` after each access to the caller's memory, fault-in or copy; may be empty.
  void after_accesses(std::function<void()> then) { then_ = std::move(then); }

  void step(const spec::Step& step) override {
    Judge::step(step);
    const auto* moved = std::get_if<spec::IterStep<Number>>(&step);
    if (moved == nullptr) return;
    if (steps_.call) steps_ = {};
    steps_.iterator.push_back(*moved);
    if (then_ && !is(*moved, spec::IterAction::revert)) then_();
  }
  void attempt(const spec::Attempt<Number>& a) override {
    Judge::attempt(a);
    if (steps_.call) steps_ = {};
    steps_.attempts.push_back(a);
  }
  void loop_call(const spec::LoopCall<Number>& call) override {
    Judge::loop_call(call);
    steps_.call = call;
  }

 private:
  LoopSteps steps_;
  std::function<void()> then_;
};

}  // namespace quire::props
