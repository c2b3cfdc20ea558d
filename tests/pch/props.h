// The headers that most tests of props include, compiled once. Nothing includes this file by name.
#include "props/lockstep/lockstep.h"
#include "props/peers/peer_comparison.h"
#include "props/suites/run_cases.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
