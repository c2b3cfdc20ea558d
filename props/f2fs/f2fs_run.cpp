#include "props/f2fs/f2fs_run.h"

#include "props/audit/f2fs_audit.h"
#include "props/f2fs/f2fs_account.h"
#include "props/judge/judge.h"
#include "props/memory/pattern.h"
#include "props/peers/ref_files_factory.h"
#include "ref/linux/f2fs/volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Bytes = F2fsBytes;
using Account = F2fsAccount;
namespace f2fs = ref::f2fs;

/// So many blocks that no write has to collect any.
constexpr Number kVolumeBytes = Number{4096} * f2fs::kBlockSize;
constexpr Number kNoLimit = ~Number{0};

constexpr auto kCommitted = "an atomic write, committed";
constexpr auto kAborted = "an atomic write, aborted";
constexpr auto kLost = "a commit behind a block that the device lost";
constexpr auto kFailedCommit = "a commit that the device fails";
constexpr auto kNoQuota = "a commit without quota";
constexpr auto kSaved = "blocks that compression saved, released";
constexpr auto kReserved = "the same, reserved again";
constexpr auto kNotReserved = "the same, without quota";
constexpr auto kCrashed = "a crash behind a change, and the file is as it was kept";
constexpr auto kCrashedAtomic = "a crash during an atomic write that was kept";
constexpr auto kCrashedDisabled = "a crash behind an fsync without checkpoints";
constexpr auto kPinned = "a write to a pinned file, outside its blocks";
constexpr auto kOverwritten = "a write to a pinned file, over its blocks";
constexpr auto kImmutable = "a write to an immutable file";
constexpr auto kReleased = "a write to a file whose saved blocks are released";
constexpr auto kStopped = "a call behind a failed checkpoint";
constexpr auto kCutAtomic = "a truncate of an atomic file";
constexpr auto kCutReleased = "a truncate inside a cluster whose saved blocks are released";
constexpr auto kNotPinned = "an atomic or a compressed file that is not pinned";
constexpr auto kNotAtomic = "a pinned or a compressed file that is not made atomic";
constexpr std::array kClasses{
    kCommitted,   kAborted, kLost,          kFailedCommit,    kNoQuota,   kSaved,       kReserved,
    kNotReserved, kCrashed, kCrashedAtomic, kCrashedDisabled, kPinned,    kOverwritten, kImmutable,
    kReleased,    kStopped, kCutAtomic,     kCutReleased,     kNotPinned, kNotAtomic};

class F2fsRun {
 public:
  explicit F2fsRun(ClassCounts& classes) : classes_(classes) {
    f2fs::VolumeOptions options;
    options.memory = &ground_.memory;
    options.recorder = &judge_;
    // A file of a few pages needs further node blocks, which a quota may refuse.
    options.inode_addresses = 5;
    options.dnode_addresses = 3;
    auto made = f2fs::Volume::make(ground_.device, options);
    if (!made) throw std::runtime_error(made.error());
    volume_ = std::move(*made);
    for (Number i = 0; i < kF2fsFiles; ++i) {
      const f2fs::FileOptions how{.owner = i, .inline_data = i == 1, .compressed = i == 2};
      files_.push_back(volume_->open(i, how));
      accounts_[i].marks.compressed = how.compressed;
      volume_->set_quota(i, kNoLimit);
    }
  }

  std::optional<Failure> run(const F2fsCase& checked) {
    for (std::size_t i = 0; i < checked.commands.size() && !failure_; ++i) {
      seed_ = kRepeating + i;
      now_ = i;
      play(checked.commands[i]);
      judge_.call_ends();
      audit(*volume_, {}, judge_);
      for (Number f = 0; f < kF2fsFiles; ++f) check_file(f, checked.each_byte);
      take_over_judge();
    }
    for (Number f = 0; f < kF2fsFiles && !failure_; ++f) check_file(f, true);
    take_over_judge();
    return failure_;
  }

 private:
  void take_over_judge() {
    if (failure_ || !judge_.failure()) return;
    failure_ = judge_.failure();
    failure_->command = now_;
  }
  void fail(const char* says, const char* source, const std::string& expected, std::int64_t got) {
    if (failure_) return;
    failure_ = Failure{says, source, "ref-f2fs", expected, std::to_string(got), now_};
  }
  void demand(
      bool holds, const char* says, const char* source, const std::string& expected,
      std::int64_t got) {
    if (!holds) fail(says, source, expected, got);
  }
  /// `also`: an error that may be answered as well, or 0.
  bool answers(std::int64_t got, std::int64_t wanted, std::int64_t also = 0) {
    if (got == wanted) return true;
    demand(
        also != 0 && got == also, "F2FS answers its own calls as its rules say.", "7.1",
        std::to_string(wanted), got);
    return false;
  }

  void check_file(Number f, bool reads) {
    const Account& a = accounts_[f];
    if (failure_ || a.lost) return;
    const std::int64_t size = files_[f].size();
    demand(
        size == static_cast<std::int64_t>(a.bytes.size()), "A file has the size of its writes.",
        "O7", std::to_string(a.bytes.size()), size);
    if (!reads || a.unknown || failure_) return;
    Bytes got(a.bytes.size() + 1);
    const iovec to{got.data(), got.size()};
    const std::int64_t n = files_[f].preadv2(&to, 1, 0, 0);
    demand(n == size, "A read ends at the end of the file.", "O2", std::to_string(size), n);
    const auto differs = std::ranges::mismatch(a.bytes, got).in1 - a.bytes.begin();
    demand(
        differs == size, "Each byte reads as it was written last, or as zero.", "O2",
        "the account's byte", differs);
  }

  void play(const F2fsCommand& c) {
    Account& a = accounts_[c.file];
    const Number checkpoints = volume_->superblock().checkpoints;
    const bool fails = c.device_fails && a.original.has_value();
    judge_.write_begins(c.length);
    ground_.faults.begin(
        fails ? std::optional(Fault{FaultKind::write, 0, FaultReach::all, EIO}) : std::nullopt);
    const std::int64_t answer = call(c, a, files_[c.file], fails && !a.clean);
    ground_.faults.end();
    const bool was_made = volume_->superblock().checkpoints != checkpoints;
    const bool makes = c.action == F2fsAction::fsync || c.action == F2fsAction::syncfs ||
                       c.action == F2fsAction::checkpoint ||
                       c.action == F2fsAction::disable_checkpoints;
    const bool must = makes && answer == 0 && !was_disabled_;
    demand(
        was_made == must || (makes && answer != 0), "A sync makes a checkpoint, and no other call.",
        "O10", must ? "a checkpoint" : "none", was_made);
    was_disabled_ = disabled_;
    if (!was_made) return;
    for (Account& a : accounts_) a.keep();
  }

  std::int64_t call(const F2fsCommand& c, Account& a, f2fs::File& file, bool loses) {
    switch (c.action) {
      case F2fsAction::write: return write(c, a, file);
      case F2fsAction::truncate: return truncate(c, a, file);
      case F2fsAction::write_back: return synced(a, file.write_back(), loses, false);
      case F2fsAction::fsync: return synced(a, file.fsync(), loses, true);
      case F2fsAction::drop_cache: file.drop_cache(); return 0;
      case F2fsAction::syncfs: return sync_all(c.file);
      case F2fsAction::start_atomic: return start(c.file);
      case F2fsAction::commit_atomic: return commit(a, file, loses);
      case F2fsAction::abort_atomic: return abort(a, file);
      case F2fsAction::pin: return pin(a, file, c.file);
      case F2fsAction::unpin: return mark(file.set_pinned(false), a.marks.pinned, false);
      case F2fsAction::make_immutable:
        return mark(file.set_immutable(true), a.marks.immutable, true);
      case F2fsAction::make_mutable:
        return mark(file.set_immutable(false), a.marks.immutable, false);
      case F2fsAction::release_blocks: return release(a, file);
      case F2fsAction::reserve_blocks: return reserve(a, file);
      case F2fsAction::limit_quota:
        volume_->set_quota(c.file, volume_->quota_used(c.file) + c.length % 4);
        a.limited = true;
        return 0;
      case F2fsAction::lift_quota:
        volume_->set_quota(c.file, kNoLimit);
        a.limited = false;
        return 0;
      case F2fsAction::checkpoint: {
        const int answer = volume_->checkpoint();
        answers(answer, stopped_ ? -EIO : 0);
        return answer;
      }
      case F2fsAction::disable_checkpoints: return disable();
      case F2fsAction::enable_checkpoints:
        volume_->enable_checkpoints();
        disabled_ = false;
        return 0;
      case F2fsAction::stop_checkpoints:
        volume_->stop_checkpoints();
        stopped_ = true;
        return 0;
      case F2fsAction::crash: return crash();
    }
    return 0;
  }

  /// The class of the refusal, if the marks of the file refuse a write there, and its errno.
  std::pair<const char*, int> refusal(const F2fsCommand& c, const Account& a, f2fs::File& file) {
    if (stopped_) return {kStopped, -EIO};
    const Number pages = (c.pos + c.length + f2fs::kBlockSize - 1) / f2fs::kBlockSize;
    bool overwrites = c.pos + c.length <= a.bytes.size();
    for (Number page = c.pos / f2fs::kBlockSize; page < pages; ++page)
      overwrites = overwrites && file.device_block_of(page).has_value();
    if (a.marks.pinned && !overwrites) return {kPinned, -EIO};
    if (a.marks.immutable) return {kImmutable, -EPERM};
    if (a.marks.released) return {kReleased, -EPERM};
    return {a.marks.pinned ? kOverwritten : nullptr, 0};
  }

  std::int64_t write(const F2fsCommand& c, Account& a, f2fs::File& file) {
    const auto [name, refused] = refusal(c, a, file);
    if (name != nullptr) classes_.count(name);
    Bytes bytes(c.length);
    fill_pattern(bytes, seed_, c.pos);
    const iovec from{bytes.data(), bytes.size()};
    const std::int64_t answer = file.pwritev2(&from, 1, static_cast<std::int64_t>(c.pos), 0);
    if (refused != 0) {
      answers(answer, refused);
      return answer;
    }
    const auto length = static_cast<std::int64_t>(c.length);
    if (!a.limited || answer <= 0 || length < answer)
      answers(answer, length, a.limited ? -EDQUOT : 0);
    if (answer <= 0 || length < answer) return answer;
    const auto count = static_cast<Number>(answer);
    a.bytes.resize(std::max(a.bytes.size(), c.pos + count));
    std::copy_n(bytes.begin(), count, a.bytes.begin() + static_cast<std::ptrdiff_t>(c.pos));
    a.change();
    return answer;
  }

  std::int64_t truncate(const F2fsCommand& c, Account& a, f2fs::File& file) {
    const std::int64_t answer = file.ftruncate(static_cast<std::int64_t>(c.pos));
    const bool cuts_released = a.marks.released && c.pos % f2fs::kClusterSize != 0;
    if (stopped_ || a.marks.immutable || a.original || cuts_released) {
      classes_.count(
          stopped_            ? kStopped
          : a.marks.immutable ? kImmutable
          : a.original        ? kCutAtomic
                              : kCutReleased);
      answers(answer, stopped_ ? -EIO : a.marks.immutable ? -EPERM : -EINVAL);
      return answer;
    }
    if (!answers(answer, 0, a.limited ? -EDQUOT : 0)) return answer;
    a.bytes.resize(c.pos);
    if (c.pos == 0) a.unknown = false;
    a.whole_blocks.reset();
    a.change();
    return answer;
  }

  std::int64_t synced(Account& a, int answer, bool loses, bool is_fsync) {
    const bool owes = is_fsync && a.owes_error;
    answers(answer, stopped_ || loses || owes ? -EIO : 0);
    if (stopped_) return answer;
    if (loses) {
      a.lost = a.owes_error = true;
      volume_errors_ = ~Number{0};
    }
    if (is_fsync) a.owes_error = false;
    a.clean = true;
    if (answer == 0 && is_fsync && disabled_) a.synced_in_vain = true;
    return answer;
  }

  /// By the handle of file f.
  std::int64_t sync_all(Number f) {
    const bool owes = (volume_errors_ >> f & 1) != 0;
    const int answer = volume_->syncfs(files_[f]);
    answers(answer, stopped_ || owes ? -EIO : 0);
    volume_errors_ &= ~(Number{1} << f);
    if (stopped_) return answer;
    for (Account& a : accounts_) a.clean = true;
    return answer;
  }

  std::int64_t start(Number f) {
    Account& a = accounts_[f];
    // Its node blocks may stay behind when its own are gone, and are counted.
    const bool has_blocks = !volume_->superblock().inodes.at(f)->node.addresses.empty();
    const int answer = files_[f].start_atomic_write();
    const bool refused = !a.original && (a.marks.pinned || (a.marks.compressed && has_blocks));
    if (stopped_ || refused) {
      classes_.count(stopped_ ? kStopped : kNotAtomic);
      answers(answer, stopped_ ? -EIO : -EINVAL);
      return answer;
    }
    if (!answers(answer, 0, a.limited ? -EDQUOT : 0) || a.original) return answer;
    a.original = a.bytes;
    a.marks.compressed = false;
    a.clean = true;
    return answer;
  }

  std::int64_t commit(Account& a, f2fs::File& file, bool loses) {
    const int answer = file.commit_atomic_write();
    if (stopped_ || !a.original) {
      answers(answer, stopped_ ? -EIO : -EINVAL);
      return answer;
    }
    if (loses || a.lost) {
      classes_.count(loses ? kFailedCommit : kLost);
      answers(answer, -EIO);
      if (loses) {
        a.owes_error = true;
        volume_errors_ = ~Number{0};
      }
      a.end_atomic(std::move(*a.original));
      return answer;
    }
    a.clean = true;
    if (!answers(answer, 0, a.limited ? -EDQUOT : 0)) {
      classes_.count(kNoQuota);
      return answer;
    }
    classes_.count(kCommitted);
    a.end_atomic(std::move(a.bytes));
    a.changed = true;
    return answer;
  }

  std::int64_t abort(Account& a, f2fs::File& file) {
    const int answer = file.abort_atomic_write();
    answers(answer, stopped_ ? -EIO : 0);
    if (stopped_ || !a.original) return answer;
    if (*a.original != a.bytes) classes_.count(kAborted);
    a.end_atomic(std::move(*a.original));
    return answer;
  }

  std::int64_t mark(int answer, bool& is, bool to) {
    answers(answer, stopped_ ? -EIO : 0);
    if (answer == 0) is = to;
    return answer;
  }

  std::int64_t pin(Account& a, f2fs::File& file, Number number) {
    const int answer = file.set_pinned(true);
    if (stopped_) return mark(answer, a.marks.pinned, true);
    if (a.marks.compressed || a.original) {
      classes_.count(kNotPinned);
      answers(answer, -EINVAL);
      return answer;
    }
    if (!answers(answer, 0, a.limited ? -EDQUOT : 0)) return answer;
    a.marks.pinned = true;
    if (!a.clean) a.kept.reset();  // what is dirty will be written where it lies
    if (number == 1) a.change();   // its inline data has become a block
    return answer;
  }

  std::int64_t release(Account& a, f2fs::File& file) {
    const Number before = file.blocks();
    const bool was_clean = a.clean;
    const std::int64_t answer = file.release_compress_blocks();
    if (stopped_ || !a.marks.compressed || a.marks.released) {
      answers(answer, stopped_ ? -EIO : -EINVAL);
      return answer;
    }
    demand(answer >= 0, "Saved blocks can be released.", "F2-5", "a count", answer);
    if (failure_) return answer;
    a.marks.released = true;
    a.changed = true;
    a.clean = true;
    if (answer > 0) classes_.count(kSaved);
    if (!was_clean) return answer;
    a.whole_blocks = before;
    demand(
        before - file.blocks() == static_cast<Number>(answer),
        "A release counts the blocks that it frees.", "F2-5, ACC-1",
        std::to_string(before - file.blocks()), answer);
    return answer;
  }

  std::int64_t reserve(Account& a, f2fs::File& file) {
    const Number before = file.blocks();
    const std::int64_t answer = file.reserve_compress_blocks();
    if (stopped_ || !a.marks.released) {
      answers(answer, stopped_ ? -EIO : -EINVAL);
      return answer;
    }
    if (a.limited && answer == -EDQUOT) {
      classes_.count(kNotReserved);
      return answer;
    }
    demand(answer >= 0, "Saved blocks can be reserved again.", "F2-5", "a count", answer);
    if (failure_) return answer;
    if (answer > 0) classes_.count(kReserved);
    a.marks.released = false;
    a.changed = true;
    demand(
        file.blocks() - before == static_cast<Number>(answer),
        "A reservation counts the blocks that it takes.", "F2-5, ACC-1",
        std::to_string(file.blocks() - before), answer);
    const bool whole = !a.whole_blocks || *a.whole_blocks == file.blocks();
    demand(
        whole, "What was released is reserved again.", "F2-5",
        std::to_string(a.whole_blocks.value_or(0)), static_cast<std::int64_t>(file.blocks()));
    a.whole_blocks.reset();
    return answer;
  }

  std::int64_t disable() {
    const int answer = volume_->disable_checkpoints();
    answers(answer, stopped_ ? -EIO : 0);
    for (Account& a : accounts_) a.clean = true;
    if (answer == 0) disabled_ = true;
    return answer;
  }

  std::int64_t crash() {
    if (std::ranges::any_of(accounts_, &Account::synced_in_vain)) classes_.count(kCrashedDisabled);
    volume_->crash();
    stopped_ = disabled_ = false;
    for (Number f = 0; f < kF2fsFiles; ++f) {
      Account& a = accounts_[f];
      if (a.changed && a.kept) classes_.count(kCrashed);
      if (a.kept_atomic && a.original) classes_.count(kCrashedAtomic);
      a.crash();
      if (a.kept) {
        a.bytes = *a.kept;
      } else {
        forget(a, files_[f]);
      }
    }
    return 0;
  }

  /// What of the file was not on the device may be there, or what was there before, also behind its
  /// end. So it is emptied, if its marks let that be.
  void forget(Account& a, f2fs::File& file) {
    a.unknown = file.ftruncate(0) != 0;
    a.bytes.assign(static_cast<Number>(file.size()), std::byte{0});
    a.change();
  }

  ClassCounts& classes_;
  Judge judge_{"ref-f2fs", nullptr, nullptr};
  Ground ground_{kVolumeBytes};
  std::unique_ptr<f2fs::Volume> volume_;
  std::vector<f2fs::File> files_;
  std::array<Account, kF2fsFiles> accounts_;
  Number volume_errors_ = 0;  // bit h: handle h's syncfs owes an error
  bool stopped_ = false, disabled_ = false, was_disabled_ = false;
  Number seed_ = 0;
  std::size_t now_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace

ClassCounts f2fs_classes() { return ClassCounts(kClasses); }

std::optional<Failure> run_f2fs_case(const F2fsCase& checked, ClassCounts& classes) {
  return F2fsRun(classes).run(checked);
}

}  // namespace quire::props
