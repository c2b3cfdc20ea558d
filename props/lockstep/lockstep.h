// The differential runner: one case on several subjects at once, every step and result judged.
#pragma once

#include "props/judge/coverage.h"
#include "props/judge/failure.h"
#include "props/judge/lock_waits.h"
#include "props/judge/step_recorder.h"
#include "props/lockstep/command.h"
#include "props/subject/subject.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quire::props {

/// Runs cases on one factory or more. After each command it compares, of every subject with the
/// model and with the subjects before it:
///   * the result, the handle's position, the file's size and the volume's free blocks;
///   * every byte that a read stored, and that it stored no other;
///   * after fsync, every byte that lies on the device at the mapped blocks;
/// and, when the case is over, every byte of every file read back through the cache, and that no
/// block has leaked. The steps in between are judged by the clauses (Judge).
class Lockstep {
 public:
  /// coverage: where reached classes are counted; may be null. The factories must outlive this
  /// object.
  Lockstep(std::vector<SubjectFactory*> factories, Coverage* coverage);

  /// The first thing that is not as the model says; nothing if the case holds. Throws
  /// std::runtime_error when the machine fails (a device that cannot be poisoned).
  std::optional<Failure> run(const Case& checked);

  /// Commands run so far, counted once however many subjects there are.
  std::uint64_t commands() const { return commands_; }

  /// The steps of a subject's last write in the last case; nothing where one failed.
  const LoopSteps& steps(const std::string& subject) { return steps_[subject]; }

  /// By subject, the waits for locks of all cases so far.
  const LockWaits& waits() const { return waits_; }

 private:
  std::vector<SubjectFactory*> factories_;
  Coverage* coverage_;
  std::uint64_t commands_ = 0;
  LockWaits waits_;
  std::map<std::string, LoopSteps> steps_;
  std::vector<std::unique_ptr<UserMemory>> memories_;  // one a subject: a late page comes only once
};

}  // namespace quire::props
