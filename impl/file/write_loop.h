// The write loop of libquire: one batch locks and fills several folios, copies across them and
// completes them together.
//
// A template over its hooks, whose word may be symbolic: proofs/ runs this text as it stands. Where
// it differs from the plain loop (ref/plain/write_loop.h): fault-in comes before the folios are
// locked, as in iomap's loop (section 3.2, step 3), since a copy in user space cannot forbid page
// faults; and a batch spans up to Hooks::kBatchFolios folios.
#pragma once

#include "spec/hooks.h"

#include <boost/container/static_vector.hpp>

#include <cerrno>
#include <utility>

namespace quire::impl {

/// The range of a batch that lies in one folio.
template <class Folio, class W>
struct FolioRange {
  Folio folio;
  W pos;     ///< byte of the file
  W length;  ///< bytes prepared
  W copied;  ///< bytes that arrived
};

/// How far a batch has come. It visits its folios three times, each time from the first one on. The
/// folios before one matter to it by these sums alone, so that proofs/ need not follow more than
/// one (folios_act_as_one, in proofs/obligations/batch_proofs.cpp).
template <class W>
struct Progress {
  W want;         ///< bytes that the batch is for
  W prepared{0};  ///< of these, in folios that are locked
  W copied{0};
  W accepted{0};
  spec::TruthOf<W> whole{true};  ///< each folio has accepted all of its range
};

/// Whether hooks let no further folio join the batch behind this one: a field of theirs, which they
/// may leave out. To the loop it is as if the next write_begin failed, which any hooks may do.
template <class Folio>
bool ends_batch(const Folio& folio) {
  if constexpr (requires { folio.ends_batch; }) {
    return folio.ends_batch;
  } else {
    return false;
  }
}

/// Locks the folio behind those that are prepared. Returns whether another one may follow. Inlined,
/// or a write of 64 bytes takes a tenth longer.
template <spec::Word W, class Ranges, spec::WriteHooks<W> Hooks>
[[gnu::always_inline]] inline bool lock_next_folio(
    spec::LoopState<W>& loop, Progress<W>& batch, Ranges& ranges, Hooks& hooks) {
  const W pos = loop.pos + batch.prepared;
  auto folio = hooks.write_begin(pos, batch.want - batch.prepared);
  if (folio.error != 0) {
    loop.status = folio.error;
    return false;
  }
  const W length = spec::min(batch.want - batch.prepared, folio.end - pos);
  ranges.push_back({std::move(folio), pos, length, W{0}});
  batch.prepared = batch.prepared + length;
  // A retry is of one folio, as in ref; the next batch prepares what lies past it anew.
  if (batch.prepared == batch.want || loop.retry != 0) return false;
  return !ends_batch(ranges.back().folio);
}

/// Copies into one folio. Returns whether all of its range arrived.
template <spec::Word W, class Range, spec::WriteHooks<W> Hooks>
bool copy(Progress<W>& batch, Range& range, Hooks& hooks) {
  range.copied = hooks.copy(range.folio, range.pos, range.length);
  batch.copied = batch.copied + range.copied;
  return static_cast<bool>(range.copied == range.length);
}

/// Ends one folio, and unlocks it. Once a folio has not accepted all of its range, nothing behind
/// it counts. Returns the error of its write_end, or 0.
template <spec::Word W, class Range, spec::WriteHooks<W> Hooks>
W complete(Progress<W>& batch, Range& range, Hooks& hooks) {
  using spec::ite, spec::is_error;
  const W arrived = ite(batch.whole, range.copied, W{0});
  const W status = hooks.write_end(range.folio, range.pos, range.length, arrived);
  const auto failed = is_error(status);
  batch.accepted = batch.accepted + ite(failed, W{0}, status);
  batch.whole = batch.whole && status == range.length;
  return ite(failed, status, W{0});
}

/// One batch: one pass of the loop. Returns whether another one follows; if not, loop.status holds
/// the error, or 0 when all is written.
template <spec::Word W, spec::WriteHooks<W> Hooks>
bool write_batch(spec::LoopState<W>& loop, Hooks& hooks) {
  using spec::max, spec::rsh;
  using Range = FolioRange<typename Hooks::Folio, W>;

  Progress<W> so_far{spec::next_want(loop, hooks.iter().left)};
  hooks.throttle();
  if (hooks.fault_in(so_far.want) == so_far.want) {
    loop.status = spec::error(EFAULT);
    return false;
  }
  if (hooks.fatal_signal()) {
    loop.status = spec::error(EINTR);
    return false;
  }

  boost::container::static_vector<Range, Hooks::kBatchFolios> ranges;
  while (ranges.size() < ranges.capacity() && lock_next_folio(loop, so_far, ranges, hooks)) {
  }
  // An error behind the first folio stops the batch there. The next batch meets it again, at its
  // own position.
  if (ranges.empty()) return false;

  for (Range& range : ranges) {
    if (!copy(so_far, range, hooks)) break;
  }
  for (Range& range : ranges) {
    const W error = complete(so_far, range, hooks);
    // A folio behind the first that fails is the first of the next batch, and fails that.
    if (&range == &ranges.front()) loop.status = error;
  }

  const W copied = so_far.copied, accepted = so_far.accepted;
  if (copied != accepted) hooks.revert(copied - accepted);
  if (loop.status != 0) return false;
  if (accepted == 0) {
    loop.chunk = max(rsh(loop.chunk, W{1}), W{spec::kPageSize});
    loop.retry = copied;
    return true;
  }
  loop.pos = loop.pos + accepted;
  loop.written = loop.written + accepted;
  loop.retry = W{0};
  if (hooks.iter().left == 0) return false;
  return true;
}

/// Runs batches from `pos` until the iterator is empty or an error ends them. Returns the bytes
/// accepted if there are any, else the error (GPW-2). `loop` is left in its last state.
template <spec::Word W, spec::WriteHooks<W> Hooks>
W perform_write(spec::LoopState<W>& loop, Hooks& hooks, const W& pos) {
  loop = {pos, W{spec::kFolioSizeMax}, W{0}, W{0}, W{0}};
  bool goes_on = true;
  while (goes_on) {
    hooks.attempt_begins(loop);
    goes_on = write_batch(loop, hooks);
    hooks.attempt_ends(loop, goes_on);
  }
  using spec::ite;
  return ite(loop.written != 0, loop.written, loop.status);
}

}  // namespace quire::impl
