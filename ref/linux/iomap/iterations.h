// The outer loop on a real file: its file system begins and ends, the caller gives the body.
#pragma once

#include "ref/linux/iomap/ops.h"
#include "spec/linux/iomap/hooks.h"
#include "spec/linux/iomap/outer_loop.h"

#include <cstdint>
#include <functional>

namespace quire::ref::iomap {

/// One iteration while its body runs.
struct Iteration : spec::Mapped<std::uint64_t> {
  File* file = nullptr;
  Ops* ops = nullptr;
  Request request;
  Mapping mapping;
  Mapping source;  ///< a hole: there is none
};

using Done = spec::BodyDone<std::uint64_t>;

/// The answers of a body: it did `bytes` of its range,
inline Done done(std::uint64_t bytes) { return {bytes, 0, 0}; }
/// or did `bytes` of it before a negative errno stopped it,
inline Done failed(int error, std::uint64_t bytes = 0) { return {bytes, spec::error(-error), 0}; }
/// or before it found that the mapping no longer holds.
inline Done stale(std::uint64_t bytes) { return {bytes, 0, 1}; }

/// A word that holds an error, as a negative errno; 0 stays 0.
inline int errno_of(std::uint64_t status) { return static_cast<int>(status); }

/// Does something in [pos, pos + length), which the iteration's mapping covers.
using Body = std::function<Done(Iteration& iteration, std::uint64_t pos, std::uint64_t length)>;

/// Visits [pos, pos + length), mapping by mapping. Returns the loop's last state; the status is
/// begin's, end's (ITR-2) or the body's. Requires length != 0.
spec::IomapState<std::uint64_t> for_each_mapping(
    File& file, Ops& ops, const Request& request, std::uint64_t pos, std::uint64_t length,
    const Body& body);

}  // namespace quire::ref::iomap
