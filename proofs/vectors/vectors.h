// The vectors: one concrete run for each way through the loops of a write, as Z3 finds them.
#pragma once

#include <string>
#include <vector>

namespace quire::proofs {

/// Each vector as one line of JSON (props/vectors/README.md), in a fixed order: those of one loop
/// after those of another, and the paths of a loop as the explorer follows them. The values are the
/// smallest that serve, so that each run of any machine gives the same lines. jobs: how many loops
/// at a time.
std::vector<std::string> loop_vectors(unsigned jobs = 2);

/// The file: a JSON array, one vector a line.
std::string vectors_file(const std::vector<std::string>& lines);

}  // namespace quire::proofs
