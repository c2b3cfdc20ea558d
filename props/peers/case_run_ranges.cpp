// Space, clones and positions.
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace quire::props {
namespace {

/// Whether the peer has this mode of fallocate.
bool has_mode(const spec::PeerAllowance& peer, int mode) {
  if ((mode & FALLOC_FL_ZERO_RANGE) != 0) return peer.zeroes_ranges;
  if ((mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) != 0) return peer.moves_ranges;
  if ((mode & FALLOC_FL_UNSHARE_RANGE) != 0) return peer.unshares;
  return true;
}

/// Whether the mode joins a flag to one of those that stand alone.
bool mixes_modes(int mode) {
  constexpr int kAlone = FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE;
  constexpr int kAll = kAlone | FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE |
                       FALLOC_FL_UNSHARE_RANGE;
  return (mode & ~kAll) == 0 && (mode & kAlone) != 0 && (mode & (mode - 1)) != 0;
}

/// Whether RLIMIT_FSIZE stops the peer where it does not stop ref, or ref sees another error first.
bool meets_limit_alone(const spec::PeerAllowance& peer, const Command& c, std::uint64_t size) {
  if (!c.limit || c.at < 0 || static_cast<std::int64_t>(c.length) <= 0) return false;
  const auto beyond = [&](std::uint64_t end) { return *c.limit < end && size < end; };
  if (c.flags == FALLOC_FL_INSERT_RANGE)
    return peer.limits_inserts_first && beyond(size + c.length);
  const bool kept = c.flags == FALLOC_FL_KEEP_SIZE && peer.limits_kept_size;
  const bool zeroed =
      c.flags == (FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE) && peer.limits_zeroed_kept_size;
  return (kept || zeroed) && beyond(static_cast<std::uint64_t>(c.at) + c.length);
}

}  // namespace

void CaseRun::fallocate(const Command& c) {
  const auto length = static_cast<std::int64_t>(c.length);
  const auto call = [&](Files& f) {
    return f.fallocate({c.file, c.handle}, c.flags, c.at, length);
  };
  if (allowed_.mixed_modes_are_invalid && mixes_modes(c.flags)) {
    const std::int64_t answer = limited(peer_.files, c, call).answer;
    if (answer != -EINVAL) differ("a mode that there is not", -EINVAL, answer);
    return;
  }
  if (!has_mode(allowed_, c.flags)) {
    const std::int64_t wanted = c.at < 0 || length <= 0 ? -EINVAL : -EOPNOTSUPP;
    const std::int64_t answer = limited(peer_.files, c, call).answer;
    if (answer != wanted) differ("a mode that the peer lacks", wanted, answer);
    return;
  }
  if (allowed_.inserts_past_limit && c.flags == FALLOC_FL_INSERT_RANGE && c.limit) {
    Command without = c;
    without.limit.reset();
    return fallocate(without);
  }
  if (meets_limit_alone(allowed_, c, model(c.file).size())) {
    const Outcome theirs = limited(peer_.files, c, call);
    if (theirs.answer != -EFBIG || !theirs.signal) differ("a limit", -EFBIG, theirs.answer);
    return;
  }
  if (same_on_both(c, call) != 0) return;
  model(c.file).fallocate(c.flags, static_cast<Number>(c.at), c.length);
}

void CaseRun::check_untouched(const Command& c) {
  const FileModel& file = model(c.file);
  if (const auto size = static_cast<Number>(peer_.files.size(c.file)); file.size() < size) {
    const bool falls = c.action == Action::fallocate;
    const bool inserts = falls && c.flags == FALLOC_FL_INSERT_RANGE;
    const bool allocates = falls && (c.flags == 0 || c.flags == FALLOC_FL_ZERO_RANGE);
    const bool may_grow =
        (allowed_.failed_insert_grows && inserts && size == file.size() + c.length) ||
        (allowed_.failed_allocation_grows && allocates &&
         size <= static_cast<Number>(c.at) + c.length);
    if (may_grow) {
      FileModel grown = file;
      grown.bytes.resize(size);
      if ((c.flags & FALLOC_FL_ZERO_RANGE) == 0) observer_.check_bytes(peer_.files, c.file, grown);
      peer_.files.truncate({c.file, Handle::kObserver}, static_cast<std::int64_t>(file.size()));
    }
  }
  constexpr int kZeroes = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
  const bool zeroes = c.action == Action::fallocate && (c.flags & kZeroes) != 0;
  observer_.check_handles(peer_.files, c.file, file);
  if (!spec::may_be_half_done(zeroes, c.action == Action::clone))
    observer_.check_bytes(peer_.files, c.file, file);
}

bool CaseRun::has_moved_alone(const Command& c) {
  if (!allowed_.failed_collapse_moves || c.action != Action::fallocate) return false;
  if (c.flags != FALLOC_FL_COLLAPSE_RANGE) return false;
  FileModel moved = model(c.file);
  const Number size = moved.size();
  moved.fallocate(c.flags, static_cast<Number>(c.at), c.length);
  moved.bytes.resize(size);
  return observer_.read(peer_.files, c.file, 0, size) == moved.bytes;
}

void CaseRun::clone(const Command& c) {
  const Source source{c.source, c.from, static_cast<std::int64_t>(c.length)};
  const auto call = [&](Files& f) { return f.clone({c.file, c.handle}, source, c.at); };
  if (!allowed_.clones) {
    const std::int64_t wanted = c.handle == 0 ? -EOPNOTSUPP : -EBADF;
    const std::int64_t answer = limited(peer_.files, c, call).answer;
    if (answer != wanted) differ("a call that the peer lacks", wanted, answer);
    return;
  }
  begins(c.length);
  if (same_on_both(c, call) != 0) return;
  const std::vector<std::byte>& all = model(c.source).bytes;
  const auto from = std::min(static_cast<Number>(c.from), all.size());
  const auto end = c.length == 0 ? all.size() : std::min(from + c.length, all.size());
  const std::vector<std::byte> bytes(
      all.begin() + static_cast<std::ptrdiff_t>(from),
      all.begin() + static_cast<std::ptrdiff_t>(end));
  model(c.file).write(static_cast<Number>(c.at), bytes);
}

void CaseRun::seek(const Command& c) {
  const Handle h{c.file, c.handle};
  const auto call = [&](Files& f) { return f.seek(h, c.at, c.flags); };
  std::uint64_t& position = model(c.file).positions.at(c.handle);
  if (c.flags != SEEK_DATA && c.flags != SEEK_HOLE) {
    const std::int64_t answer = same_on_both(c, call);
    if (answer >= 0) position = static_cast<Number>(answer);
    return;
  }
  const std::int64_t theirs = limited(peer_.files, c, call).answer;
  const bool below = c.at < 0 && theirs != -ENXIO && allowed_.seeks_below_zero;
  const std::int64_t from = below ? 0 : c.at;
  const std::int64_t ours = ref_.files.seek(h, from, c.flags);
  if (ours >= 0) position = static_cast<Number>(ours);
  if (ours == theirs) return;

  // The peer may have fewer holes: its data comes no later, and its hole, which is one of ref's
  // too, no earlier (spec::allows_hole).
  const auto size = static_cast<std::int64_t>(model(c.file).size());
  const bool inside = from >= 0 && from < size && theirs >= from;
  const bool data = c.flags == SEEK_DATA;
  const bool fewer =
      data ? ours == -ENXIO || theirs < ours
           : ours < theirs &&
                 (theirs == size ||
                  ref_.files.seek({c.file, Handle::kObserver}, theirs, SEEK_HOLE) == theirs);
  // Where neither has the most holes there can be, what each calls a hole is looked at by
  // observe().
  if (!ours_.has_its_own_holes && !(inside && fewer))
    differ(data ? "where data is" : "where a hole is", ours, theirs);
  peer_.files.seek(h, static_cast<std::int64_t>(position), SEEK_SET);
}

}  // namespace quire::props
