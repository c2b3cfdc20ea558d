// One subject in one case.
#pragma once

#include "props/actors/orders.h"
#include "props/actors/turn_recorder.h"
#include "props/actors/turns.h"
#include "props/differential/command.h"
#include "props/differential/error_ledger.h"
#include "props/differential/file_model.h"
#include "props/judge/coverage.h"
#include "props/judge/failure.h"
#include "props/judge/step_recorder.h"
#include "props/lockstep/block_losses.h"
#include "props/lockstep/device_answers.h"
#include "props/lockstep/neighbourhood.h"
#include "props/memory/scratch.h"
#include "props/memory/user_buffer.h"
#include "props/subject/subject.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

/// Memory and a thread that are dear to make: cases use them one after another.
struct Reused {
  Scratch scratch;
  Turns turns;
  /// One for each call of an actor, made when first needed.
  std::vector<std::unique_ptr<UserMemory>> actor_memories;
};

/// Its volume and memory, its files as the model has them, and the judge of its steps. Each command
/// is compared with the model. Where a fault strikes, the device's own answers say what the command
/// may answer and what may be lost (subject_faults.cpp, subject_losses.cpp). Where a second thread
/// works, an order of the calls must explain what both have seen (subject_run_actors.cpp); such a
/// case has no faults.
class SubjectRun {
 public:
  using Number = std::uint64_t;

  /// coverage: may be null. waits: where its waits for locks are counted. reused: of every run, one
  /// call at a time. All must outlive this object. Throws std::runtime_error if the device failed
  /// while it was poisoned.
  SubjectRun(
      SubjectFactory& factory, const Case& checked, UserMemory& memory, Reused& reused,
      const std::string& name, Coverage* coverage, spec::LockGraph& waits);

  /// Runs command number i. The result is its answer.
  std::int64_t step(std::size_t i, const Command& c);

  /// The outcome of a command that has actors: the answers, the command's and then the actors', and
  /// how many of the actors' calls came before the command.
  struct WithActors {
    std::vector<std::int64_t> answers;
    std::size_t before = 0;
    /// Another subject may answer otherwise: a write stopped short for want of space, and who got
    /// the last block depends on more than the order; or a read saw a part of a write.
    bool may_part = false;
  };
  /// Runs command number i and its actors' calls on two threads. Only where serves_threads().
  WithActors step_with_actors(std::size_t i, const Command& c);
  /// Runs them one by one, `before` of the actors' calls before the command.
  WithActors step_in_order(std::size_t i, const Command& c, std::size_t before);
  bool serves_threads() const { return concurrent_ != nullptr; }

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

  /// Whether the fault of the last command has failed any operation of it.
  bool was_struck() const { return subject_->faults().struck() != 0; }
  /// Whether it was a write for which the device had no memory.
  bool device_lacked_memory() const;
  /// Counts the ways in which it has struck that command.
  void count_strikes(Coverage& coverage, const Command& c);
  /// Whether both have lost the same blocks, so that as many are free.
  bool lacks_the_same_blocks(const SubjectRun& other) const;

 private:
  /// The device blocks of file blocks, by file and block, from before a command.
  using Mappings = std::map<std::pair<Number, Number>, Number>;
  /// What a fault has left of a read or write.
  struct Excuse {
    int error = 0;          ///< that it may answer, a negative errno; 0: none
    bool refused = false;   ///< memory was refused; else a read of the device has failed
    Number bytes_most = 0;  ///< it may count so many at most, where a read has failed
  };

  /// The second thread of a case: its judge, and its turns.
  struct Concurrent {
    Concurrent(StepRecorder& command, std::string name, Turns& whose, spec::LockGraph& waits)
        : turns(whose), judge(std::move(name), nullptr, &waits), recorder(command, judge, turns) {}

    Turns& turns;
    Judge judge;
    TurnRecorder recorder;
  };

  std::unique_ptr<Subject> make(SubjectFactory& factory, const Setting& setting);
  FileModel& file(Number number) { return files_[number]; }
  BlockLosses& losses(Number number) {
    return losses_.try_emplace(number, setting_.block_size).first->second;
  }
  void expect(const char* says, const char* source, std::int64_t wanted, std::int64_t got);

  /// Runs a command whose data is that of number i, and judges what it leaves.
  std::int64_t act(std::size_t i, const Command& c);
  std::int64_t run(std::size_t i, const Command& c);
  std::int64_t write(std::size_t i, const Command& c);
  std::int64_t read(const Command& c);
  std::int64_t fsync(const Command& c);
  std::int64_t truncate(const Command& c);
  void drop_cache(Number number);

  /// Whether a full volume explains an answer other than the one wanted: fewer blocks are free than
  /// a page can need. Where both ENOSPC and EFAULT apply, either may be returned: the loop of ref
  /// checks space first, that of impl memory (step 4 of GPW against step 3 of 3.2).
  bool ran_out(std::int64_t answer, std::int64_t wanted);

  /// Compares the file's size and the position of its handle 0 with the model's.
  void check_size(Number number);
  /// Reads bytes [pos, pos + length) of a file through the cache. Good until `scratch_` is used
  /// again.
  std::span<const std::byte> read_back(Number number, Number pos, Number length);
  void check_contents(Number number, const Range& range);
  /// Judges the write by the contents clauses at every byte of its neighbourhood.
  void look_back(Number number, const FileView& before, Number pos, Number accepted, Number seed);
  /// Whether a mapped block of the file was written to the device and not flushed since.
  bool is_unflushed(Number number);
  /// Compares the file's bytes on the device (ranges_to_compare()), in whole blocks; those that a
  /// power cut would leave, if `flushed_`.
  void check_device(Number number);
  void check_device(Number number, const FileModel& model, const Range& blocks);
  /// Reads the run of the device, at a byte of it, that holds the file's blocks from `block` on.
  void read_synced(Number number, Number block, Number device_pos, std::span<std::byte> run);
  /// Once all is written back: that every block in use is a block of a file that was compared.
  void check_mapped();

  // subject_faults.cpp
  void open(Number number, Number handle);
  /// Makes a call while the fault of its command is set.
  template <class Call>
  auto under_fault(const Command& c, Call&& call) {
    FaultInjector& faults = subject_->faults();
    faults.begin(c.fault);
    const auto answer = call();
    faults.end();
    any_struck_ = any_struck_ || was_struck();
    return answer;
  }
  /// The order of the runs that the last call has passed to the device, as counted work.
  void check_order();
  /// For a read or write of [pos, pos + bytes).
  Excuse excuse_of(const Command& c, Number pos, Number bytes);
  bool excuses(const Excuse& excuse, std::int64_t answer, std::int64_t wanted, Number pos) const;
  void fail_unexcused(const Excuse& excuse, std::int64_t answer);
  /// After a command that was struck: a call that failed has changed nothing.
  void judge_strike(const Command& c, std::int64_t answer, Number taken_before);
  Number taken_blocks() { return setting_.first_block + setting_.blocks - subject_->free_blocks(); }

  // subject_losses.cpp
  /// The file is about to get this size.
  void note_resize(Number number, Number size);
  /// The mappings that a failing writeback in this command must keep.
  Mappings mappings_before(const Command& c, Number pos);
  /// Accounts for the writes of the command: what arrived, what is lost, which errors are owed. A
  /// write has accepted the bytes [pos, end), whose blocks may be dirty again.
  void settle(const Command& c, const Mappings& before, Number pos, Number end);
  /// A block of the device, as reads see it.
  std::vector<std::byte> on_device(Number device_block);
  /// The file as it must lie on the device.
  FileModel device_view(Number number);

  // subject_run_actors.cpp
  void prepare(const Played& call, UserMemory& memory);
  /// Makes one of the calls that two threads make, on the thread that runs.
  std::int64_t play(const Played& call, std::span<const Played> calls);
  ActorCall call_of(const Actor& actor, Played& played, std::span<const Played> calls);
  /// Whether the volume is so full that the other calls may have left no space for this one.
  void note_space(std::span<Played> calls);
  /// Takes over the files of the order that the bytes now show.
  void adopt(std::vector<Order> orders, std::span<const Played> calls, WithActors& outcome);
  bool shows(const FileModels& files);
  /// When an fsync returns: compares what a power cut would leave of the file. Each byte is as it
  /// was before the calls, or as one of them may have made it.
  void check_synced(Number number, std::span<const Played> calls);
  void count_actors(const Command& c);

  const Setting& setting_;
  Coverage* const coverage_;
  StepRecorder recorder_;
  std::unique_ptr<Concurrent> concurrent_;  // if the case has actors, and the subject serves them
  UserMemory& memory_;
  Reused& reused_;
  Scratch& scratch_;
  std::unique_ptr<Subject> subject_;
  FileModels files_;
  std::map<Number, BlockLosses> losses_;
  ErrorLedger errors_;
  std::set<std::pair<Number, Number>> opened_;  // files and handles
  bool stays_dirty_ = false;                    // after the last fsync, for want of memory
  bool flushed_ = true;                         // what the last fsync has written
  bool any_struck_ = false;                     // in the case
  std::optional<Failure> failure_;
  std::size_t command_ = 0;
};

}  // namespace quire::props
