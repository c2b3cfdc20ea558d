// Which clauses a record breaks: for tests of the clauses themselves.
#pragma once

#include <boost/hana/for_each.hpp>

#include <set>
#include <string>

namespace quire::tests {

/// The names of the clauses of the record that it breaks.
template <class Record>
std::set<std::string> broken_clauses(const Record& record) {
  std::set<std::string> names;
  boost::hana::for_each(clauses_of(record), [&](const auto& clause) {
    if (!clause.holds(record)) names.insert(clause.text.name);
  });
  return names;
}

}  // namespace quire::tests
