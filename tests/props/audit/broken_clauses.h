// A recorder that collects the names of the clauses that its steps break.
#pragma once

#include "spec/recorder.h"

#include <boost/hana/unpack.hpp>

#include <set>
#include <string>
#include <variant>

namespace quire::tests {

class BrokenClauses final : public spec::Recorder {
 public:
  void step(const spec::Step& step) override {
    std::visit(
        [&](const auto& record) {
          boost::hana::unpack(clauses_of(record), [&](const auto&... clause) {
            (note(clause.text, static_cast<bool>(clause.holds(record))), ...);
          });
        },
        step);
  }

  /// "operation.name" of each clause broken since the last call, in a row.
  std::string take() {
    std::string names;
    for (const std::string& name : names_) names += (names.empty() ? "" : " ") + name;
    names_.clear();
    return names;
  }

 private:
  void note(const spec::ClauseText& text, bool holds) {
    if (!holds) names_.insert(std::string{text.operation} + "." + text.name);
  }

  std::set<std::string> names_;
};

/// Lets a test change what only an audit may see.
template <class T>
T& open_up(const T& hidden) {
  return const_cast<T&>(hidden);
}

}  // namespace quire::tests
