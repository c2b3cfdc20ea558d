// Hooks of a write loop that give any answer their contract allows, and a judge for its steps.
//
// The contract is assumed here and judged on the real hooks at run time (props/judge): sections 1
// and 2.1 of the model. Contents are followed at any one file position: a byte there is the offset
// in the caller's memory that it came from.
#pragma once

#include "proofs/engine/explore.h"
#include "proofs/models/symbolic_locks.h"
#include "spec/geometry.h"
#include "spec/hooks.h"
#include "spec/tapped.h"

#include <cstddef>
#include <functional>
#include <vector>

namespace quire::proofs {

/// The result of a write_begin, with the state that the proof needs. The first of an attempt is one
/// folio; a further one is a run of any number of folios, which together act as one may
/// (batch_proofs.cpp).
struct SymbolicFolio : spec::Begun<Bits> {
  Bits pos;        ///< the position of write_begin
  Truth uptodate;  ///< whether the blocks of the range are all uptodate, or else all stale
  bool run;        ///< whether it stands for a run of folios
};

/// The byte that a reader sees at the followed position: an offset in the caller's memory, or one
/// of these: the byte that the file held before, or a byte that was never written.
inline constexpr std::uint64_t kOldByte = ~std::uint64_t{0};
inline constexpr std::uint64_t kNobodysByte = ~std::uint64_t{1};

/// A loop in any state that it can have between two attempts, and its call.
struct Situation {
  spec::LoopState<Bits> loop;
  Bits start;  ///< byte of the file where the call began
  Bits total;  ///< bytes that the call was given
  Bits left;   ///< bytes that the iterator still has
};

/// Bits that a count of one call needs (MAX_RW_COUNT), one within a folio, and an errno.
inline constexpr unsigned kCountBits = 31, kFolioBits = 22, kErrnoBits = 12;

/// Any state that satisfies the invariant (spec::well_formed), with something left to do (GPW-13).
/// It is constructed so that the invariant holds, and not assumed: that is far easier for Z3.
inline Situation any_situation(Explorer& e) {
  const Bits start = e.fresh("start", 63);
  const Bits total = e.fresh("total", kCountBits);
  const Bits written = e.fresh("written", kCountBits);
  const Bits retry = e.fresh("retry", kCountBits);
  const Bits order = e.fresh("chunk_order", 4);
  const Bits left = total - written;
  e.assume("A call ends within the largest file (GPW-13).", start <= spec::kFileSizeMax - total);
  e.assume("A loop goes on only where bytes are left (GPW-13).", written < total);
  e.assume("A retry is at most the bytes left (GPW-9).", retry <= left);
  e.assume("A chunk is no more than the largest folio (GPW-5).", order <= spec::kFolioOrderMax);
  const Bits chunk = lsh(Bits{spec::kPageSize}, order);
  // The translation to integers has no shift by an open number.
  e.lemma(
      "A chunk is a page at least, and no more than the largest folio.",
      spec::kPageSize <= chunk && chunk <= spec::kFolioSizeMax);
  return {{start + written, chunk, retry, written, 0}, start, total, left};
}

/// 0, or any negative errno.
inline Bits any_error(Explorer& e, const std::string& name) {
  const Bits code = e.fresh(name, kErrnoBits);
  return Bits{0} - code;
}

/// write_end's answer for a range: uptodate or not, its length, and what was copied.
using EndRule = std::function<Bits(Explorer&, const Truth&, const Bits&, const Bits&)>;

/// Any result of a conforming write_end: an error, or the count of WB-3 and WB-4.
inline Bits any_conforming_end(
    Explorer& e, const Truth& uptodate, const Bits& length, const Bits& copied) {
  const Bits error = any_error(e, "end_errno");
  return ite(error != 0, error, ite(copied == length || uptodate, copied, Bits{0}));
}

/// The bytes accepted of a run of folios of which `copied` were copied: a prefix, since a folio
/// that is accepted in part is the last.
inline Bits any_run_end(Explorer& e, const Bits& copied) {
  const Bits accepted = e.fresh("run_accepted", kFolioBits);
  e.assume("A run of folios accepts no more than was copied (GPW-4).", accepted <= copied);
  return accepted;
}

class SymbolicHooks {
 public:
  using Folio = SymbolicFolio;
  /// A folio, and a run of as many as follow it.
  static constexpr std::size_t kBatchFolios = 2;

  SymbolicHooks(Explorer& e, const Situation& s, EndRule end_rule)
      : e_(e),
        total_(s.total),
        left_(s.left),
        end_rule_(std::move(end_rule)),
        position_(e.fresh("p")),
        raw_(kOldByte),
        visible_(kOldByte),
        locks_(e) {}

  /// As if the memory were one segment: a loop does not depend on segments (segment_proofs.cpp).
  spec::IterState<Bits> iter() const { return {left_, total_ - left_, left_}; }
  void throttle() {}

  Bits fault_in(const Bits& n) {
    e_.lemma(
        "The loop asks for no more than the iterator has, nor than a folio.",
        n <= left_ && n <= spec::kFolioSizeMax);
    const Bits unreadable = e_.fresh("unreadable", kFolioBits);
    e_.assume("fault_in answers for no more than it was asked (hooks.h).", unreadable <= n);
    return unreadable;
  }

  Truth fatal_signal() { return e_.fresh("signal", 1) != 0; }

  SymbolicFolio write_begin(const Bits& pos, const Bits& want) {
    e_.lemma(
        "The loop asks for no more than the iterator has, nor than a folio.",
        want <= left_ && want <= spec::kFolioSizeMax);
    const Bits offset = e_.fresh("folio_offset", kFolioBits);
    const Bits room = e_.fresh("folio_room", kFolioBits);
    SymbolicFolio folio{
        {any_error(e_, "begin_errno"), pos - offset, pos + room},
        pos,
        e_.fresh("uptodate", 1) != 0,
        !begun_.empty()};
    e_.assume("A folio that was begun holds the position (WB-1).", offset <= pos && room != 0);
    if (!begun_.empty()) {
      e_.assume("Folios do not overlap.", begun_.back().end <= folio.folio_pos);
    }
    if (folio.error != 0) return folio;
    lock_folio(folio.folio_pos);
    wait_under_folio("write_begin");
    begun_.push_back(folio);
    return folio;
  }

  Bits copy(SymbolicFolio& folio, const Bits& pos, const Bits& n) {
    e_.claim("A copy stays within what was prepared.", folio.pos <= pos && pos + n <= folio.end);
    const Bits copied = e_.fresh("copied", kFolioBits);
    e_.lemma(
        "A copy asks for no more than the iterator has, nor than a folio.",
        n <= left_ && n <= spec::kFolioSizeMax);
    e_.assume("A copy gives no more than it was asked for (GPW-4).", copied <= n);
    raw_ = ite(within(pos, copied), total_ - left_ + (position_ - pos), raw_);
    left_ = left_ - copied;
    return copied;
  }

  Bits write_end(SymbolicFolio& folio, const Bits& pos, const Bits& length, const Bits& copied) {
    const Bits status = end(folio, pos, length, copied);
    unlock_folio(folio);
    return status;
  }

  void revert(const Bits& n) { left_ = left_ + n; }
  void attempt_begins(const spec::LoopState<Bits>&) {
    begun_.clear();
    ended_ = 0;
  }
  void attempt_ends(const spec::LoopState<Bits>&, bool) {
    e_.claim("Every folio that was begun has been ended (GPW-7).", Truth{ended_ == begun_.size()});
  }

  const Bits& position() const { return position_; }
  const Bits& visible() const { return visible_; }
  SymbolicLocks& locks() { return locks_; }
  bool holds_folio() const { return locks_.holds<spec::FolioLock>(); }

 protected:
  /// write_end, but for the lock.
  Bits end(SymbolicFolio& folio, const Bits& pos, const Bits& length, const Bits& copied) {
    e_.claim(
        "write_end receives the range that write_begin prepared, once (GPW-7).",
        Truth{ended_ < begun_.size()} && folio.pos == pos && length <= folio.end - pos &&
            length != 0 && copied <= length);
    ++ended_;
    wait_under_folio("write_end");
    if (folio.run) {
      const Bits accepted = any_run_end(e_, copied);
      visible_ = ite(within(pos, accepted), raw_, visible_);
      return accepted;
    }
    const Bits status = end_rule_(e_, folio.uptodate, length, copied);
    const Truth counts = status != 0 && !spec::is_error(status);
    // A reader sees a copy into an uptodate range at once. A stale range is read from the device
    // again, unless its blocks turn uptodate: then a reader sees all of its memory.
    const Bits shown =
        ite(folio.uptodate, raw_, ite(within(pos, copied), raw_, Bits{kNobodysByte}));
    visible_ = ite(within(pos, length) && (folio.uptodate || counts), shown, visible_);
    return status;
  }
  void unlock_folio(const SymbolicFolio& folio) { locks_.drop<spec::FolioLock>(folio.folio_pos); }

  Explorer& e_;

 private:
  void lock_folio(const Bits& folio_pos) {
    Bits key = folio_pos;
    locks_.wait<spec::CacheIndex>("write_begin");
    if (locks_.judged() && !begun_.empty() && e_.broken("locks a folio that it holds")) {
      key = begun_.back().folio_pos;
    }
    locks_.lock<spec::FolioLock>("write_begin", key);
  }

  /// The locks that begin and end wait for with their folio locked.
  void wait_under_folio(const char* where) {
    if (!locks_.judged()) return;
    if (e_.broken("takes the iolock under a folio lock")) locks_.wait<spec::Iolock>(where);
    locks_.lock<spec::BlockMapLock>(where);
    locks_.wait<spec::SpaceLock>(where);
    locks_.drop<spec::BlockMapLock>();
    locks_.wait<spec::CacheIndex>(where);
  }

  Truth within(const Bits& pos, const Bits& n) const {
    return pos <= position_ && position_ < pos + n;
  }

  Bits total_, left_;
  EndRule end_rule_;
  Bits position_;                     // a byte of the file: any
  Bits raw_;                          // the byte of the folio's memory there
  Bits visible_;                      // the byte that a reader sees there
  std::vector<SymbolicFolio> begun_;  // in this attempt
  std::size_t ended_ = 0;
  SymbolicLocks locks_;
};

/// Passes the records of one attempt to an obligation. Record: the tap's record of an attempt.
template <class Record>
struct SymbolicJudge {
  Explorer& e;
  SymbolicHooks& hooks;
  std::vector<Record> attempts = {};
  std::function<void(const spec::IterStep<Bits>&)> on_step = {};  // at once: paths share its claims

  void attempt(const Record& a) { attempts.push_back(a); }
  void step(const Record& a) { attempts.push_back(a); }
  void step(const spec::IterStep<Bits>& step) {
    if (on_step) on_step(step);
  }
  void lock_wanted(std::uint64_t rank, const Bits& key) {
    SymbolicLocks& locks = hooks.locks();
    if (!locks.judged()) return;
    if (rank == spec::rank_of<spec::Throttle>) {
      const bool locked = e.broken("is throttled with a folio locked");
      if (locked) locks.take<spec::FolioLock>();
      locks.wait(rank, key, "throttle");
      if (locked) locks.drop<spec::FolioLock>();
      return;
    }
    const bool locked = e.broken("waits for memory with a folio locked");
    const bool invalidate = e.broken("waits for memory with the invalidate lock held");
    if (locked) locks.take<spec::FolioLock>();
    if (invalidate) locks.take<spec::InvalidateLock>();
    locks.wait(rank, key, "fault_in");
    if (locked) locks.drop<spec::FolioLock>();
    if (invalidate) locks.drop<spec::InvalidateLock>();
  }
  bool wants_stop() { return false; }
};

}  // namespace quire::proofs
