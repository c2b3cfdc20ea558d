// Steps made wrong on purpose, to see the clauses notice.
#pragma once

#include "spec/steps.h"

#include <gtest/gtest.h>
#include <boost/hana/for_each.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace quire::tests {

/// A step made wrong in one way, and the clauses that must notice.
template <class Record>
struct Doctored {
  std::vector<std::string> broken;
  std::function<void(Record&)> change;
};

template <class Record>
std::set<std::string> broken_by(const Record& record) {
  std::set<std::string> names;
  boost::hana::for_each(clauses_of(record), [&](const auto& clause) {
    if (!clause.holds(record)) names.insert(clause.text.name);
  });
  return names;
}

/// The good step breaks nothing, each doctored one exactly what it says, and every clause is broken
/// by one.
template <class Record>
void expect_noticed(const Record& good, const std::vector<Doctored<Record>>& doctored) {
  EXPECT_EQ(broken_by(good), std::set<std::string>{});
  std::set<std::string> seen;
  for (const auto& [broken, change] : doctored) {
    Record wrong = good;
    change(wrong);
    EXPECT_EQ(broken_by(wrong), std::set<std::string>(broken.begin(), broken.end()));
    seen.insert(broken.begin(), broken.end());
  }
  boost::hana::for_each(clauses_of(good), [&](const auto& clause) {
    EXPECT_TRUE(seen.contains(clause.text.name)) << clause.text.name << " is never seen to fail";
  });
}

}  // namespace quire::tests
