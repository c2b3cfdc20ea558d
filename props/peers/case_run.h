// One case on ref and on a peer, command by command.
#pragma once

#include "props/differential/command.h"
#include "props/differential/comparison.h"
#include "props/differential/file_model.h"
#include "props/judge/failure.h"
#include "props/judge/judge.h"
#include "props/memory/user_buffer.h"
#include "props/peers/files.h"
#include "props/peers/observer.h"
#include "props/peers/peer_answers.h"
#include "spec/locks/graph.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace quire::props {

/// One of the two: its files, the memory that its calls are passed, and the judge of its steps, if
/// it records any.
class Side {
 public:
  /// New files. name: of the side, in what the judge finds. waits: where its waits for locks are
  /// counted.
  Side(
      FilesFactory& factory, UserMemory& memory, const Setting& setting, const char* name,
      spec::LockGraph& waits)
      : memory_(memory),
        judge_(std::make_unique<Judge>(name, nullptr, &waits)),
        files_(factory.make(setting, *judge_)) {}

  Files& files() const { return *files_; }
  UserMemory& memory() const { return memory_; }
  Judge& judge() const { return *judge_; }
  const std::string& name() const { return files_->name(); }

 private:
  UserMemory& memory_;
  std::unique_ptr<Judge> judge_;  // outlives the files, which record to it
  std::unique_ptr<Files> files_;
};

/// By class of command and answer: "fallocate mode 0: done", "write: ENOSPC".
using AnswerCounts = std::map<std::string, std::uint64_t>;

/// Runs commands on both sides and compares the answer, SIGXFSZ, the positions, the size, the holes
/// and the bytes. Where the peer answers otherwise and may (props/peers/peers.h), checks its file
/// against that answer, and then makes it equal to ref's.
class CaseRun final : public Comparison {
 public:
  using Number = std::uint64_t;

  /// answers: adds the peer's answers to these counts.
  CaseRun(Side ref, Side peer, const Setting& setting, AnswerCounts& answers);

  void step(std::size_t i, const Command& c) override;
  /// Every byte, from the cache and from the device; every block of ref.
  void finish() override;
  std::optional<Failure> failure() const override;

 private:
  /// The outcome of a call.
  struct Outcome {
    std::int64_t answer;
    bool signal;
  };

  /// A write: its place and its bytes.
  struct Written {
    Number pos;
    std::span<const std::byte> bytes;
    Asked asked;
  };

  FileModel& model(Number file) { return models_[file]; }
  void fail(Failure failure);
  /// Before a call that moves bytes, so that its steps can be bounded.
  void begins(Number bytes);
  void differ(const char* what, std::int64_t wanted, std::int64_t got);

  template <class Call>
  Outcome limited(Files& files, const Command& c, Call call);
  /// The call on both sides, whose answers must be the same.
  template <class Call>
  std::int64_t same_on_both(const Command& c, Call call);

  void write(std::size_t i, const Command& c);
  void read(const Command& c);
  void write_mapped(const Command& c);
  void truncate(const Command& c);
  void fallocate(const Command& c);
  void clone(const Command& c);
  /// Whether a side has no fallocate or no clones, so that the command is skipped.
  bool is_left_away(const Command& c) const;
  void seek(const Command& c);
  void reopen(const Command& c);

  /// The first byte of a write by the command's handle, before it.
  Number place_of(const Command& c);
  /// The answer of ref's write if it waits: writes the bytes once more, at the same place.
  std::int64_t waited(const Command& c, Number pos, std::int64_t answer);
  void check_write(const Command& c, const Written& written, const Outcome& ref, Outcome peer);
  /// Both answers, where a vector scripts one.
  void check_scripted(const Command& c, Asked asked, std::int64_t ref, std::int64_t peer);
  /// Checks the peer's file after a write that answered `answer`, and writes the rest.
  void complete(const Command& c, const Written& written, std::int64_t answer);
  /// Takes over what the peer stored in a write out of a mapping of its own target. grows: the
  /// write may extend the mapped file.
  void adopt_overlap(
      const Command& c, const Written& written, Number from, bool grows, std::int64_t ref,
      std::int64_t peer);
  void check_adopted(const Written& written, Number from, std::span<const std::byte> got);
  /// After a read or write at the position: checks that it moved by the answer, and sets it to the
  /// model's.
  void settle_position(Files& files, const Command& c, Number before, Number pos, std::int64_t got);

  /// Writes the model's bytes [pos, end) to the file.
  void patch(Files& files, Number file, Number pos, Number end);
  /// Zeroes the bytes behind the peer's file, up to `end` or the end of the page.
  void clear_behind(Number file, Number end);
  void release();
  /// A truncate of the command's file to `length`.
  Resized resized(const Command& c, Number length);
  /// Whether the peer may answer ENOSPC on a full volume to the command, which is no write.
  bool may_find_no_space(const Command& c);
  /// The command's file of `size` bytes, as a clone that stopped there may leave it on the peer.
  FileModel cloned_part(const Command& c, Number size);
  /// The same after any fallocate or clone that answered ENOSPC; the old file, if it may not have
  /// grown so far. length: bytes of the command's range.
  FileModel grown(const Command& c, Number length, Number size);
  /// After the peer answered ENOSPC to a call that is no write: its file shows no more than
  /// props/peers/peer_answers.h allows.
  void check_untouched(const Command& c);
  /// Whether a COLLAPSE_RANGE that answered ENOSPC may move the bytes without the size, and did.
  bool has_moved_alone(const Command& c);
  /// Compares every file that the case has used.
  void observe();

  Side ref_, peer_;
  PeerAllowance ours_;  ///< of the left side, which may lack calls if it is a model of XFS or F2FS
  PeerAllowance allowed_;  ///< what the peer may do
  Number block_size_;
  bool each_byte_;
  AnswerCounts& answers_;
  Observer observer_;
  std::map<Number, FileModel> models_;
  std::set<Number> cloned_;  ///< files that may share blocks
  std::optional<Failure> failure_;
  std::size_t command_ = 0;
  bool full_ = false;  ///< the peer's volume was filled, and has not been released
};

}  // namespace quire::props
