// The vectors: one concrete run for each path through the loops of a write, found by Z3.
#pragma once

#include <string>
#include <vector>

namespace quire::proofs {

/// Each vector as one line of JSON (props/vectors/README.md), in a fixed order: those of one loop
/// after those of another, and those of one loop sorted. The values are the smallest possible after
/// the preferred ones, so that every run on any machine gives the same lines. jobs: how many loops
/// at a time.
std::vector<std::string> loop_vectors(unsigned jobs = 2);

}  // namespace quire::proofs
