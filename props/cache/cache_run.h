// One case of the page cache alone: played on ref's, and compared with a plain account.
#pragma once

#include "props/cache/cache_case.h"
#include "props/judge/failure.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// How often runs have met each class of input; every class has a name.
class CacheClasses {
 public:
  CacheClasses();
  void count(const char* name) { ++seen_.at(name); }
  std::vector<std::string> missing() const;
  std::vector<std::pair<std::string, std::uint64_t>> counts() const;

 private:
  std::map<std::string, std::uint64_t> seen_;
};

/// Plays the commands on a new cache. Each step is judged by the clauses. The account is made of
/// the cache as it was before each command: what the command must leave of each page, which folios
/// it must write and in which order, what it must drop, and which errors it must answer.
std::optional<Failure> run_cache_case(const CacheCase& checked, CacheClasses& classes);

}  // namespace quire::props
