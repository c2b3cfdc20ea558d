// One subject in one case.
#pragma once

#include "props/differential/command.h"
#include "props/differential/file_model.h"
#include "props/judge/coverage.h"
#include "props/judge/failure.h"
#include "props/judge/step_recorder.h"
#include "props/lockstep/neighbourhood.h"
#include "props/memory/user_buffer.h"
#include "props/subject/subject.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quire::props {

/// Its volume and memory, its files as the model has them, and the judge of its steps. Each command
/// is compared with the model.
class SubjectRun {
 public:
  using Number = std::uint64_t;

  /// coverage: may be null. waits: where its waits for locks are counted. All must outlive this
  /// object. Throws std::runtime_error if the device failed while it was poisoned.
  SubjectRun(
      SubjectFactory& factory, const Case& checked, UserMemory& memory, std::string name,
      Coverage* coverage, spec::LockGraph& waits);

  /// Runs command number i. The result is its answer.
  std::int64_t step(std::size_t i, const Command& c);

  /// After the last command: compares every byte and every block.
  void finish(std::size_t commands);

  /// The first difference from the model, or the first broken clause.
  std::optional<Failure> failure() const;
  void fail(Failure failure);

  std::int64_t position(Number file) { return subject_->position(file); }
  std::int64_t size(Number file) { return subject_->size(file); }
  Number free_blocks() { return subject_->free_blocks(); }
  const std::string& name() const { return subject_->name(); }
  /// Of its last write.
  const LoopSteps& steps() const { return recorder_.steps(); }

 private:
  FileModel& file(Number number) { return files_[number]; }
  void expect(const char* says, const char* source, std::int64_t wanted, std::int64_t got);

  std::int64_t write(std::size_t i, const Command& c);
  std::int64_t read(const Command& c);
  std::int64_t fsync(Number number);
  std::int64_t truncate(Number number, Number length);

  /// Whether a full volume explains an answer other than the one wanted: fewer blocks are free than
  /// a page can need. Where both ENOSPC and EFAULT apply, either may be returned: the loop of ref
  /// checks space first, that of impl memory (step 4 of GPW against step 3 of 3.2).
  bool ran_out(std::int64_t answer, std::int64_t wanted);

  /// Reads bytes [pos, pos + length) of a file through the cache.
  std::vector<std::byte> read_back(Number number, Number pos, Number length);
  void check_contents(Number number, Number pos, Number length);
  /// Judges the write by the contents clauses at every byte of its neighbourhood.
  void look_back(Number number, const FileView& before, Number pos, Number accepted, Number seed);
  /// Compares every byte of the file on the device.
  void check_device(Number number);

  const Setting& setting_;
  StepRecorder recorder_;
  UserMemory& memory_;
  std::unique_ptr<Subject> subject_;
  std::map<Number, FileModel> files_;
  std::optional<Failure> failure_;
  std::size_t command_ = 0;
};

}  // namespace quire::props
