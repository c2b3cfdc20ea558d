#include "props/suites/suite.h"

#include "props/suites/suites.h"

namespace quire::props {

std::vector<Suite> all_suites() {
  std::vector<Suite> all;
  for (auto make : {argument_suites, copy_suites, allocator_suites, lockstep_suites}) {
    for (Suite& suite : make()) all.push_back(std::move(suite));
  }
  return all;
}

}  // namespace quire::props
