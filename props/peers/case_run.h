// One case on ref and on a peer, command by command.
#pragma once

#include "props/differential/command.h"
#include "props/differential/comparison.h"
#include "props/differential/file_model.h"
#include "props/judge/failure.h"
#include "props/judge/judge.h"
#include "props/memory/user_buffer.h"
#include "props/peers/fault_account.h"
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
#include <tuple>
#include <variant>
#include <vector>

namespace quire::props {

/// A judge that counts what a second thread did to a write.
class MeanwhileCounter final : public Judge {
 public:
  using Judge::Judge;

  void step(const spec::Step& step) override {
    Judge::step(step);
    const auto* attempt = std::get_if<spec::IomapAttempt<Number>>(&step);
    if (attempt != nullptr && attempt->stale != 0) ++stale_;
    const auto* released = std::get_if<spec::DelallocRelease<Number>>(&step);
    if (released != nullptr && released->punched == 0) ++kept_;
  }
  /// Mappings that a write found stale.
  Number stale() const { return stale_; }
  /// Blocks that a write did not use and left reserved, as they had been dirtied meanwhile.
  Number kept() const { return kept_; }

 private:
  Number stale_ = 0, kept_ = 0;
};

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
        judge_(std::make_unique<MeanwhileCounter>(name, nullptr, &waits)),
        files_(factory.make(setting, *judge_)) {}

  Files& files() const { return *files_; }
  UserMemory& memory() const { return memory_; }
  MeanwhileCounter& judge() const { return *judge_; }
  const std::string& name() const { return files_->name(); }

 private:
  UserMemory& memory_;
  std::unique_ptr<MeanwhileCounter> judge_;  // outlives the files, which record to it
  std::unique_ptr<Files> files_;
};

/// By class of command and answer: "fallocate mode 0: done", "write: ENOSPC".
using AnswerCounts = std::map<std::string, std::uint64_t>;

/// The class of a call of a second thread, and that of a write that found its mapping stale.
std::string actor_class(Action action, YieldPoint point);
inline constexpr const char* kStaleMapping = "write: its mapping is stale";
inline constexpr const char* kKeptForAStore =
    "write: gives back space, but that of a store to a mapping";

/// The class of a command that a fault strikes, and that of one which succeeds behind it.
std::string strike_class(Action action, FaultKind kind);
std::string recovery_class(Action action, FaultKind kind);
inline constexpr const char* kPartlyArrived = "writeback of which a part arrives";
inline constexpr const char* kShowsOlder = "drop_cache: shows older bytes of a failed writeback";
inline constexpr const char* kOwedByFsync = "fsync: an error that another call has met";
inline constexpr const char* kOwedBySyncfs = "syncfs: an error that another call has met";
inline constexpr const char* kUnshared = "fallocate UNSHARE_RANGE of shared blocks: done";
inline constexpr const char* kReadInPart = "read NOWAIT of a page that is cached in part: EAGAIN";
inline constexpr const char* kStored = "store_mapped: done";
inline constexpr const char* kStoredInCluster =
    "store_mapped: in a cluster that is stored compressed";
/// A command that grows a file behind such stores.
std::string growth_class(Action action);
/// One that succeeds at one of kLargePlaces.
std::string place_class(Action action, const char* place);
inline constexpr const char* kPageGone = "write: its page is dropped while space is collected";
inline constexpr const char* kClusterCut =
    "truncate: inside a cluster that is stored compressed, dropped and grown";
inline constexpr const char* kClusterUnread = "a cluster that is stored compressed cannot be read";
inline constexpr const char* kUnconverted = "inline data that cannot be written to a block";
inline constexpr const char* kRetriedForSpace = "write: tried again, the device had said ENOSPC";
inline constexpr const char* kGapUnread = "a file that grows: its old end cannot be read";

/// Runs commands on both sides and compares the answer, SIGXFSZ, the positions, the size, the holes
/// and the bytes. Where the peer answers otherwise and may (props/peers/peers.h), checks its file
/// against that answer, and then makes it equal to ref's.
///
/// A command's fault strikes the peer alone, if its device and memory can fail.
class CaseRun final : public Comparison {
 public:
  using Number = std::uint64_t;

  /// answers: adds the peer's answers to these counts.
  /// fails: whether commands of the case have faults.
  CaseRun(Side ref, Side peer, const Setting& setting, AnswerCounts& answers, bool fails = false);

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
  /// The same of a read or write at `pos`; one that must not wait is watched (NowaitWatch).
  template <class Call>
  Outcome transferred(Side& side, const Command& c, Number pos, Call call);
  bool is_nowait(const Command& c) const;
  /// Counts a write of the peer that slept, or found no quota. slept, scans: before it.
  void count_waits(std::int64_t answer, Number slept, Number scans);
  /// The call on both sides, whose answers must be the same.
  template <class Call>
  std::int64_t same_on_both(const Command& c, Call call);

  void call(std::size_t i, const Command& c);
  /// Walks the structures of both sides.
  void audit();
  /// Plays the command while another thread of the peer writes files back and drops their folios.
  void step_with_actors(std::size_t i, const Command& c);
  /// lets_store: whether the command lets another thread store through a mapping.
  void act(const Actor& actor, bool lets_store);

  void write(std::size_t i, const Command& c);
  void read(const Command& c);
  void write_mapped(const Command& c);
  /// An fsync, fdatasync or syncfs: what it promises must be on the medium of both sides.
  void sync(const Command& c);
  /// Stores to the mapped rest of the page in which the peer's file ends, if there is such: nobody
  /// may see it.
  bool store_behind_the_end(Number number);
  void store_mapped(const Command& c);
  /// Counts the classes of places that a command has reached, once both sides have answered.
  /// before: the size of its file.
  void note_places(const Command& c, Number before);
  void check_durable(Number number, const FileModel& file);
  /// Whether a write by the command promises that its bytes are durable when it returns.
  bool is_synchronous(const Command& c) const;
  /// After a write of `bytes` at `pos` that answered `answer`, and before anything else is called:
  /// if it is synchronous, what it accepted must be on the side's medium (SYN-3). pos is the
  /// checker's own: with O_APPEND the old end of the file.
  void check_synchronous(
      Side& side, const Command& c, Number pos, std::span<const std::byte> bytes,
      std::int64_t answer);
  void truncate(const Command& c);
  void fallocate(const Command& c);
  void clone(const Command& c);
  /// Whether a side has no fallocate or no clones, so that the command is skipped.
  bool is_left_away(const Command& c) const;
  void seek(const Command& c);
  void reopen(const Command& c);

  /// The first byte of a write by the command's handle, before it.
  Number place_of(const Command& c);
  /// The answer of ref's write if it waits: writes the bytes once more, at the same place, as a
  /// caller does after EAGAIN.
  std::int64_t waited(
      const Command& c, Number pos, std::span<const std::byte> bytes, std::int64_t answer);
  void check_write(const Command& c, const Written& written, const Outcome& ref, Outcome peer);
  /// Both answers, where a vector scripts one.
  void check_scripted(const Command& c, Asked asked, std::int64_t ref, std::int64_t peer);
  /// The same once its answer is known to be allowed.
  void settle_write(
      const Command& c, const Written& written, const Outcome& ref, std::int64_t answer);
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
  /// The blocks of the command's range that have another owner, on the peer's side.
  Number shared_blocks(const Command& c);
  /// After the peer answered ENOSPC to a call that is no write: its file shows no more than
  /// props/peers/peer_answers.h allows.
  void check_untouched(const Command& c);
  /// Whether a COLLAPSE_RANGE that answered ENOSPC may move the bytes without the size, and did.
  bool has_moved_alone(const Command& c);
  /// Compares every file that the case has used.
  void observe();

  // Faults (case_run_faults.cpp, case_run_struck.cpp).

  /// The last error of each kind of operation in the command that was struck, a negative errno.
  struct DeviceErrors {
    std::array<int, 4> of{};
    bool some_arrived = false;  ///< some writes, and not all

    int read() const { return of[static_cast<std::size_t>(FaultKind::read)]; }
    int write() const { return of[static_cast<std::size_t>(FaultKind::write)]; }
    int flush() const { return of[static_cast<std::size_t>(FaultKind::flush)]; }
  };
  DeviceErrors device_errors() const;

  void open_for_faults();
  bool can_be_struck(const Command& c) const;
  void prepare_for_faults(const Command& c);
  /// What the command's fault leaves behind, once the peer has answered.
  void note_strike(const Command& c);
  /// Whether a synchronous write may have accepted its bytes and then failed to read a cluster that
  /// its sync was to write.
  bool fails_to_sync(const Command& c, const DeviceErrors& errors) const;
  /// The classes of F2FS alone.
  void note_f2fs(const Command& c, const DeviceErrors& errors);
  void note_recovery(const Command& c, std::int64_t answer);
  /// Whether the fault excuses the answer, where `wanted` was to be. unit: bytes; a count that is
  /// less ends at a multiple.
  bool excuses(const Command& c, Number pos, std::int64_t wanted, std::int64_t answer, Number unit);
  void fail_unexcused(const Command& c, std::int64_t wanted, std::int64_t answer);
  void check_struck_write(
      const Command& c, const Written& written, const Outcome& ref, const Outcome& peer);
  void check_struck_read(const Command& c, Number pos, std::int64_t wanted, std::int64_t answer);
  /// The peer's file shows the one or the other, or of each byte one of the two.
  void check_one_of(Number file, const FileModel& before, const FileModel& after);
  void truncate_under_faults(const Command& c);
  void sync_under_faults(const Command& c);
  void write_back_under_faults(const Command& c);
  /// After the file's cache was dropped: lost bytes read as they lie on the device.
  void check_dropped(Number file);
  /// Writes every byte of a file with lost ones anew, so that none of them can come back.
  void rewrite_lost(Number file);
  /// An fsync by which the handle reports what it owes.
  void report_owed(Handle h);
  void fail_report(int wanted, std::int64_t answer);
  void note_contents();
  void finish_with_faults(Number file);

  Side ref_, peer_;
  PeerAllowance ours_;  ///< of the left side, which may lack calls if it is a model of XFS or F2FS
  PeerAllowance allowed_;  ///< what the peer may do
  Number block_size_;
  bool each_byte_;
  Number sync_;  ///< Setting::sync
  std::array<Number, 3> quota_;
  AnswerCounts& answers_;
  Observer observer_;
  std::map<Number, FileModel> models_;
  std::set<Number> cloned_;  ///< files that may share blocks
  /// Files that a truncate has cut inside a stored cluster, and not grown since; whether they were
  /// dropped from the cache behind it.
  std::map<Number, bool> cut_;
  std::set<Number> stored_;               ///< files stored to behind their end, and not grown since
  std::map<Number, Number> stored_page_;  ///< of a file that has not shrunk since: where that was
  std::optional<Failure> failure_;
  std::size_t command_ = 0;
  bool full_ = false;  ///< the peer's volume was filled, and has not been released
  std::unique_ptr<FaultAccount> faults_;  ///< of the peer; null: no command has a fault
  std::optional<Fault> pending_;          ///< strikes the peer's next call
  bool struck_ = false;                   ///< the command's fault has struck
  bool dropped_ = false;                  ///< it may, and the last command has dropped a cache
  std::set<std::tuple<Number, Action, FaultKind>> strikes_;  ///< by file; none succeeded since
};

}  // namespace quire::props
