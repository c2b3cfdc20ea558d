// The suites, by subject matter; all_suites() gathers them.
#pragma once

#include "props/suites/suite.h"

#include <vector>

namespace quire::props {

std::vector<Suite> lockstep_suites();
std::vector<Suite> allocator_suites();
std::vector<Suite> copy_suites();
std::vector<Suite> argument_suites();

}  // namespace quire::props
