// One subject in one case.
#pragma once

#include "props/judge/coverage.h"
#include "props/judge/failure.h"
#include "props/judge/step_recorder.h"
#include "props/lockstep/command.h"
#include "props/lockstep/shadow.h"
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

/// Its files as the model has them, and the judge of its steps.
class Run {
 public:
  using Number = std::uint64_t;

  /// coverage: may be null. waits: where its waits for locks are counted. All must outlive this
  /// object. Throws std::runtime_error if the device failed while it was poisoned.
  Run(SubjectFactory& factory, const Case& checked, UserMemory& memory, std::string name,
      Coverage* coverage, spec::LockGraph& waits);

  /// Runs command number i. The result is its answer.
  std::int64_t step(std::size_t i, const Command& c);

  /// The whole case is over: every byte, and every block.
  void finish(std::size_t commands);

  /// The first thing that was not as the model says.
  std::optional<Failure> failure();
  void fail(std::string says, std::string source, std::string expected, std::string actual);

  std::int64_t position(Number file) { return subject_->position(file); }
  std::int64_t size(Number file) { return subject_->size(file); }
  Number free_blocks() { return subject_->free_blocks(); }
  const std::string& name() { return subject_->name(); }
  /// Of its last write.
  const LoopSteps& steps() const { return judge_.steps(); }

 private:
  Shadow& shadow(Number file) { return shadows_[file]; }
  void expect(const char* says, const char* source, Number wanted, Number got);

  std::int64_t write(std::size_t i, const Command& c);
  std::int64_t read(const Command& c);
  std::int64_t fsync(Number number);
  std::int64_t truncate(Number number, Number length);

  /// Whether the volume's end explains an answer other than the one wanted: fewer blocks are free
  /// than a page can need. Which of ENOSPC and EFAULT is told where both apply is left open: the
  /// loop of ref looks for space first, that of impl for memory (step 4 of GPW against step 3
  /// of 3.2).
  bool ran_out(std::int64_t answer, std::int64_t wanted);

  void wrong_byte(Number pos, std::byte wanted, std::byte got, const char* says);
  /// Reads bytes [pos, pos + length) of a file through the cache.
  std::vector<std::byte> read_back(Number number, Number pos, Number length);
  void check_contents(Number number, Number pos, Number length);
  /// Judges the write by the contents clauses at every byte of its neighbourhood.
  void look_back(Number number, const FileView& before, Number pos, Number accepted, Number seed);
  /// Every byte of the file, as it lies on the device.
  void check_device(Number number);

  const Setting& setting_;
  StepRecorder judge_;
  UserMemory& memory_;
  std::unique_ptr<Subject> subject_;
  std::map<Number, Shadow> shadows_;
  std::optional<Failure> failure_;
  std::size_t command_ = 0;
};

}  // namespace quire::props
