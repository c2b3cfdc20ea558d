// A vector as commands to a real file, where what it meets can be made by real means.
#pragma once

#include "props/lockstep/command.h"
#include "props/vectors/vector.h"

#include <optional>
#include <string>

namespace quire::props {

/// A case whose last command is the vector's call: its memory ends where the vector's does, its
/// pages were written before where the vector has them uptodate, its volume is full where space
/// runs out. If there is no such case, why.
struct RealForm {
  std::optional<Case> made;
  std::string why_not;
};

/// for_peer: in commands that only ref and a kernel's files can run.
RealForm real_form(const Vector& vector, bool for_peer);

}  // namespace quire::props
