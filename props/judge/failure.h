// The failure of a checked case.
#pragma once

#include <cstddef>
#include <string>

namespace quire::props {

/// The first thing in a case that the model does not allow.
struct Failure {
  std::string says;     ///< the sentence that does not hold
  std::string source;   ///< its rule's tag
  std::string subject;  ///< "ref" or "impl"
  std::string expected;
  std::string actual;
  std::size_t command = 0;  ///< the number of its command
};

}  // namespace quire::props
