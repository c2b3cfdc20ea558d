// The headers that most files of props include, compiled once. Nothing includes this file by name.
#include "props/differential/runner.h"
#include "props/lockstep/subject_run.h"
#include "props/peers/case_run.h"
#include "props/suites/run_cases.h"

#include <fmt/format.h>

#include <algorithm>
