// One case on several subjects at once, each step and each result judged.
#pragma once

#include "props/differential/runner.h"
#include "props/judge/coverage.h"
#include "props/judge/step_recorder.h"
#include "props/memory/user_buffer.h"
#include "props/subject/subject.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace quire::props {

struct Reused;

/// Runs cases on the subjects of one factory or more. After each command it compares, of each
/// subject with the model and with the first subject:
///   * the result, the handle's position, the file's size and the volume's free blocks;
///   * every byte that a read stored, and that it stored no other;
///   * after fsync, every byte on the device at the mapped blocks;
/// and at the end of a case, every byte of every file through the cache, and that no block has
/// leaked. The clauses judge the steps in between (Judge).
///
/// A fault of a command strikes each subject by itself. What it may answer and lose is judged by
/// its own device's answers; the subjects are compared where that cannot differ.
class Lockstep final : public DifferentialRunner {
 public:
  /// coverage: where reached classes are counted; may be null. The factories must outlive this
  /// object. run() also throws std::runtime_error for a device that cannot be poisoned.
  Lockstep(std::vector<SubjectFactory*> factories, Coverage* coverage);
  ~Lockstep() override;

  /// The steps of a subject's last write in the last case; nothing where one failed.
  const LoopSteps& steps(const std::string& subject) { return steps_[subject]; }

 private:
  class Subjects;

  std::unique_ptr<Comparison> compare(const Case& checked, LockWaits& waits) override;

  std::vector<SubjectFactory*> factories_;
  Coverage* coverage_;
  std::map<std::string, LoopSteps> steps_;
  std::unique_ptr<Reused> reused_;
  std::vector<std::unique_ptr<UserMemory>> memories_;  // one a subject: a late page comes only once
};

}  // namespace quire::props
