#include "tests/props/trace/recorded_trace.h"

#include <fstream>

namespace quire::props::trace {

Lines recorded(const std::string& name) {
  std::ifstream file(QUIRE_TEST_TRACES "/" + name + ".trace");
  Lines lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace quire::props::trace
