// One vector: the words that a loop of a write meets, and its questions and answer.
//
// quire-prove --vectors writes them, one a line (README.md in this folder). The line of a refuted
// obligation has the world alone: only the clauses judge it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quire::props {

struct Vector {
  /// Which text, and how much of it: "impl.batch", "ref.xfs_call" (README.md in this folder).
  std::string run;
  std::size_t folios = 1;  ///< the most that a batch spans
  /// The words that the loop meets, by name, in the order in which it asks for them.
  std::map<std::string, std::vector<std::uint64_t>> world;

  bool expects = false;  ///< whether there is anything below
  std::vector<std::string> asks;
  std::map<std::string, std::int64_t> after;  ///< the fields of the loop's state
  std::int64_t left = 0, answer = 0;

  std::string line;  ///< its text
};

/// The one vector of a line. Throws std::invalid_argument, whose text names what is wrong.
Vector vector_from(const std::string& line);

/// Those of a whole file; throws as vector_from().
std::vector<Vector> vectors_from(std::string_view file);

/// The file in the tree, as it was when this was built.
std::string_view vectors_of_the_tree();

}  // namespace quire::props
