// How often the runs of a suite have met each class of input.
#pragma once

#include <cstdint>
#include <map>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Every class has a name.
class ClassCounts {
 public:
  template <std::ranges::input_range Names>
  explicit ClassCounts(const Names& names) {
    for (const auto& name : names) seen_[name] = 0;
  }

  void count(const std::string& name) { ++seen_.at(name); }

  /// Those that no run has met.
  std::vector<std::string> missing() const {
    std::vector<std::string> names;
    for (const auto& [name, count] : seen_) {
      if (count == 0) names.push_back(name);
    }
    return names;
  }
  std::vector<std::pair<std::string, std::uint64_t>> counts() const {
    return {seen_.begin(), seen_.end()};
  }

 private:
  std::map<std::string, std::uint64_t> seen_;
};

}  // namespace quire::props
