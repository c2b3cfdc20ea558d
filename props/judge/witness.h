// A judge that keeps the steps of the last write, for those who say beforehand what they are.
#pragma once

#include "props/judge/judge.h"

#include <optional>
#include <utility>
#include <vector>

namespace quire::props {

/// One call of a write loop.
struct LoopSteps {
  std::vector<spec::Attempt<std::uint64_t>> attempts;
  std::optional<spec::LoopCall<std::uint64_t>> call;  ///< once it has ended
};

class Witness final : public Judge {
 public:
  using Judge::Judge;

  /// Of the last call; empty before the first.
  const LoopSteps& steps() const { return steps_; }

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
};

}  // namespace quire::props
