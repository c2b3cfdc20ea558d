// Runs cases on several sides and compares them.
#pragma once

#include "props/differential/command.h"
#include "props/differential/comparison.h"
#include "props/judge/failure.h"
#include "props/judge/lock_waits.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace quire::props {

/// Plays each case to its end, or to its first failure. A class derived from it makes the sides.
class DifferentialRunner {
 public:
  virtual ~DifferentialRunner() = default;

  /// The first failure; nothing if the case holds. Throws std::runtime_error when the machine
  /// fails.
  std::optional<Failure> run(const Case& checked);

  /// Commands of all cases so far, counted once however many sides there are.
  std::uint64_t commands() const { return commands_; }

  /// By side, the waits for locks of all cases so far.
  const LockWaits& waits() const { return waits_; }

 protected:
  /// New sides for this case, which outlives them. waits: where they count their waits for locks.
  virtual std::unique_ptr<Comparison> compare(const Case& checked, LockWaits& waits) = 0;

 private:
  std::uint64_t commands_ = 0;
  LockWaits waits_;
};

}  // namespace quire::props
