// Space, clones and positions.
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace quire::props {
namespace {

/// Whether the peer has this mode of fallocate.
bool has_mode(const PeerAllowance& peer, int mode) {
  if ((mode & FALLOC_FL_ZERO_RANGE) != 0) return peer.zeroes_ranges;
  if ((mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) != 0) return peer.moves_ranges;
  if ((mode & FALLOC_FL_UNSHARE_RANGE) != 0) return peer.unshares;
  return true;
}

/// Whether the mode adds a flag to one that must be alone.
bool mixes_modes(int mode) {
  constexpr int kAlone = FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE;
  constexpr int kAll = kAlone | FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE |
                       FALLOC_FL_UNSHARE_RANGE;
  return (mode & ~kAll) == 0 && (mode & kAlone) != 0 && (mode & (mode - 1)) != 0;
}

/// meets_limit_alone() of a command with a valid range.
bool meets_limit_alone(const PeerAllowance& peer, const Command& c, std::uint64_t size) {
  if (!c.limit || c.at < 0 || static_cast<std::int64_t>(c.length) <= 0) return false;
  const bool inserts = c.flags == FALLOC_FL_INSERT_RANGE;
  const std::uint64_t start = inserts ? size : static_cast<std::uint64_t>(c.at);
  return meets_limit_alone(
      peer,
      {inserts, c.flags == FALLOC_FL_KEEP_SIZE,
       c.flags == (FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE), start + c.length, size, *c.limit});
}

}  // namespace

void CaseRun::fallocate(const Command& c) {
  const auto length = static_cast<std::int64_t>(c.length);
  const auto call = [&](Files& f) {
    return f.fallocate({c.file, c.handle}, c.flags, c.at, length);
  };
  if (allowed_.mixed_modes_are_invalid && mixes_modes(c.flags)) {
    const std::int64_t answer = limited(peer_.files(), c, call).answer;
    if (answer != -EINVAL) differ("an invalid mode", -EINVAL, answer);
    return;
  }
  if (!has_mode(allowed_, c.flags)) {
    const std::int64_t wanted = c.at < 0 || length <= 0 ? -EINVAL : -EOPNOTSUPP;
    const std::int64_t answer = limited(peer_.files(), c, call).answer;
    if (answer != wanted) differ("a mode that the peer lacks", wanted, answer);
    return;
  }
  if (allowed_.inserts_past_limit && c.flags == FALLOC_FL_INSERT_RANGE && c.limit) {
    Command without = c;
    without.limit.reset();
    return fallocate(without);
  }
  if (meets_limit_alone(allowed_, c, model(c.file).size())) {
    const Outcome theirs = limited(peer_.files(), c, call);
    if (theirs.answer != -EFBIG || !theirs.signal) differ("a limit", -EFBIG, theirs.answer);
    return;
  }
  const bool unshares = (c.flags & FALLOC_FL_UNSHARE_RANGE) != 0;
  const Number shared = unshares ? shared_blocks(c) : 0;
  if (same_on_both(c, call) != 0) return;
  model(c.file).fallocate(c.flags, static_cast<Number>(c.at), c.length);
  if (shared == 0) return;
  ++answers_[kUnshared];
  if (const Number left = shared_blocks(c); left != 0) {
    fail(
        {"Behind UNSHARE_RANGE no block of the range below the size has another owner.",
         "fallocate(2)", peer_.name(), "no shared block", std::to_string(left)});
  }
}

std::uint64_t CaseRun::shared_blocks(const Command& c) {
  if (c.at < 0) return 0;
  const auto at = static_cast<Number>(c.at);
  const Number size = model(c.file).size();
  const Number end = at < size ? at + std::min<Number>(c.length, size - at) : at;
  return peer_.files().shared_blocks(c.file, at, end);
}

FileModel CaseRun::cloned_part(const Command& c, Number size) {
  FileModel seen = model(c.file);
  const auto at = static_cast<Number>(c.at);
  const auto from = static_cast<Number>(c.from);
  const FileModel& source = model(c.source);
  const Number first = std::max(at, seen.size());
  seen.resize(size);
  // Past its end the source is zero, as is what the file has grown by.
  if (first < size) seen.copy_from(first, source, from + first - at, size - first);
  return seen;
}

FileModel CaseRun::grown(const Command& c, Number length, Number size) {
  const FileModel& file = model(c.file);
  const bool falls = c.action == Action::fallocate;
  const bool inserts = falls && c.flags == FALLOC_FL_INSERT_RANGE;
  const bool allocates = falls && (c.flags == 0 || c.flags == FALLOC_FL_ZERO_RANGE);
  const auto at = static_cast<Number>(c.at);
  if (c.action == Action::clone && may_clone_grow(at, length, file.size(), size))
    return cloned_part(c, size);
  FileModel seen = file;
  if (may_allocation_grow(allowed_, inserts, allocates, at, length, file.size(), size))
    seen.resize(size);
  return seen;
}

void CaseRun::check_untouched(const Command& c) {
  constexpr int kZeroes = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE;
  const bool zeroes = c.action == Action::fallocate && (c.flags & kZeroes) != 0;
  const bool clones = c.action == Action::clone;
  const FileModel& source = model(c.source);
  const auto at = static_cast<Number>(c.at);
  const auto from = static_cast<Number>(c.from);
  const Number length =
      clones && c.length == 0 ? source.size() - std::min(from, source.size()) : c.length;
  const FileModel seen = grown(c, length, static_cast<Number>(peer_.files().size(c.file)));
  observer_.check_handles(peer_.files(), c.file, seen);
  observer_.check_bytes(peer_.files(), c.file, seen, [&](Number pos, std::byte got) {
    if (pos < at || at + length <= pos || model(c.file).size() <= pos) return false;
    const Number copied = from + pos - at;
    const std::byte cloned = clones && copied < source.size() ? source.at(copied) : std::byte{0};
    return may_be_half_done(
        zeroes, clones, std::to_integer<std::uint8_t>(got), std::to_integer<std::uint8_t>(cloned));
  });
}

Resized CaseRun::resized(const Command& c, Number length) {
  return {model(c.file).size(), length, block_size_, cloned_.contains(c.file)};
}

bool CaseRun::may_find_no_space(const Command& c) {
  if (c.action == Action::truncate) return props::may_find_no_space(allowed_, resized(c, c.length));
  return props::may_find_no_space(peer_call(c));
}

bool CaseRun::has_moved_alone(const Command& c) {
  if (c.action != Action::fallocate || c.flags != FALLOC_FL_COLLAPSE_RANGE) return false;
  FileModel moved = model(c.file);
  const Number size = moved.size();
  moved.fallocate(c.flags, static_cast<Number>(c.at), c.length);
  if (!may_move_without_size(allowed_, resized(c, moved.size()))) return false;
  moved.resize(size);
  return observer_.shows(peer_.files(), c.file, moved);
}

void CaseRun::clone(const Command& c) {
  const Source source{c.source, c.from, static_cast<std::int64_t>(c.length)};
  const auto call = [&](Files& f) { return f.clone({c.file, c.handle}, source, c.at); };
  if (!allowed_.clones) {
    const std::int64_t wanted = c.handle == 0 ? -EOPNOTSUPP : -EBADF;
    const std::int64_t answer = limited(peer_.files(), c, call).answer;
    if (answer != wanted) differ("a call that the peer lacks", wanted, answer);
    return;
  }
  begins(c.length);
  if (same_on_both(c, call) != 0) return;
  cloned_.insert({c.file, c.source});
  const FileModel& all = model(c.source);
  const auto from = std::min(static_cast<Number>(c.from), all.size());
  const auto end = c.length == 0 ? all.size() : std::min(from + c.length, all.size());
  model(c.file).copy_from(static_cast<Number>(c.at), all, from, end - from);
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
  const std::int64_t theirs = limited(peer_.files(), c, call).answer;
  const bool below = c.at < 0 && theirs != -ENXIO && allowed_.seeks_below_zero;
  const std::int64_t from = below ? 0 : c.at;
  const std::int64_t ours = ref_.files().seek(h, from, c.flags);
  if (ours >= 0) position = static_cast<Number>(ours);
  if (ours == theirs) return;

  const auto size = static_cast<std::int64_t>(model(c.file).size());
  const bool data = c.flags == SEEK_DATA;
  const Handle observer{c.file, Handle::kObserver};
  const auto is_hole = [&] { return ref_.files().seek(observer, theirs, SEEK_HOLE) == theirs; };
  const bool allowed = data ? allows_data_at(allowed_, from, size, ours, theirs)
                            : allows_hole_at(from, size, ours, theirs, is_hole());
  // If ref is a model with holes of its own, observe() checks the holes of each side instead.
  if (!ours_.has_its_own_holes && !allowed)
    return differ(data ? "where data is" : "where a hole is", ours, theirs);
  peer_.files().seek(h, static_cast<std::int64_t>(position), SEEK_SET);
}

}  // namespace quire::props
