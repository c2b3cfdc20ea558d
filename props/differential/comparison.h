// One case, played command by command on several sides.
#pragma once

#include "props/differential/command.h"
#include "props/judge/failure.h"

#include <cstddef>
#include <optional>

namespace quire::props {

/// Says which answers and bytes must be equal on the sides, and which may differ. Lockstep has one
/// for subjects; CaseRun is the one for ref's files and a peer's.
class Comparison {
 public:
  virtual ~Comparison() = default;

  /// Plays command number i on every side, and compares their answers and their files.
  virtual void step(std::size_t i, const Command& c) = 0;

  /// Compares the files as a whole, and the volume's blocks, after the last command.
  virtual void finish() = 0;

  /// The first difference, or the first broken clause of any side.
  virtual std::optional<Failure> failure() const = 0;
};

}  // namespace quire::props
