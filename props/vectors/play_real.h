// Plays a vector's real form on ref and impl in memory.
#pragma once

#include "props/judge/failure.h"
#include "props/lockstep/lockstep.h"
#include "props/subject/subject.h"
#include "props/vectors/real_case.h"
#include "props/vectors/vector.h"

#include <memory>
#include <optional>

namespace quire::props {

/// The first difference between the scripted steps and those that `subject` took.
std::optional<Failure> differs(
    const std::string& subject, const LoopSteps& scripted, const LoopSteps& taken);

class RealVectors {
 public:
  RealVectors();

  /// Runs a case of the vector's form on both, or on the vector's subject alone. Compares the steps
  /// of that subject with the vector's, where its folios are the vector's.
  std::optional<Failure> play(const Vector& vector, const RealForm& form, const Case& made);

 private:
  std::unique_ptr<SubjectFactory> ref_, impl_;
  Lockstep both_, ref_alone_, impl_alone_;
};

}  // namespace quire::props
