// How often the runs of a suite have met each class of input.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Every class has a name.
class ClassCounts {
 public:
  explicit ClassCounts(std::span<const char* const> names) {
    for (const char* const name : names) seen_[name] = 0;
  }

  void count(const char* name) { ++seen_.at(name); }

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
