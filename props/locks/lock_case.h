// A case for libquire's lock: threads that take it and give it back, one step at a time.
#pragma once

#include "props/judge/class_counts.h"
#include "props/judge/failure.h"

#include <rapidcheck/Gen.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

namespace quire::props {

/// What a thread does if it holds nothing; one that holds the lock gives it back, or changes its
/// mode. A thread that waits does nothing.
enum class LockWish { exclusive, shared, intent };

struct LockStep {
  std::size_t thread = 0;
  LockWish wish = LockWish::exclusive;
  bool changes_mode = false;  ///< of a thread that holds it exclusively or as intent
};

struct LockCase {
  std::vector<LockStep> commands;
};

/// A line for each step.
void showValue(const LockCase& c, std::ostream& os);

rc::Gen<LockCase> arbitrary_lock_case();

/// The classes of input that runs must meet.
ClassCounts lock_classes();

/// Plays the steps on a new lock. After each one, once every thread is done or asleep, those must
/// hold the lock that an account of phases and of a queue says, and all others must wait.
std::optional<Failure> run_lock_case(const LockCase& checked, ClassCounts& classes);

}  // namespace quire::props
