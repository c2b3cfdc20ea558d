// A vector as commands to a real file, where real files and memory can meet it.
#pragma once

#include "props/differential/command.h"
#include "props/vectors/run_vector.h"
#include "props/vectors/vector.h"

#include <string>
#include <string_view>
#include <vector>

namespace quire::props {

/// Cases whose last command is the vector's call: its memory ends where the vector's does, its
/// pages were written before where the vector has them uptodate, its volume has as many free blocks
/// as the vector's where they run out. If there is no such case, why.
struct RealForm {
  /// In memory two: folios of single pages, in which each loop takes the vector's steps, and folios
  /// as large as they may be; where the memory moves the first alone, for the loop that the vector
  /// is of. For a peer one.
  std::vector<Case> made;
  ScriptedCall scripted;
  std::string why_not;
};

/// peer: the kernel's file system that the case is for, which may use commands for peers alone; or
/// empty.
RealForm real_form(const Vector& vector, std::string_view peer);

}  // namespace quire::props
