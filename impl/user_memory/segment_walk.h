// The steps of the iterator over the caller's memory, from segment to segment.
//
// Templates over the word, so that proofs/ runs what iov_iter.cpp runs. length_of(segment): bytes.
#pragma once

#include "spec/word.h"

namespace quire::impl {

/// Where a walk stands.
template <class W>
struct SegmentPlace {
  W segment;
  W offset;  ///< bytes of the segment that are behind
};

/// Passes a segment that has nothing left, one that is empty from the start as well (IT-3). Returns
/// whether it did.
template <spec::Word W, class LengthOf>
bool skip_used_up(SegmentPlace<W>& at, const W& segments, const LengthOf& length_of) {
  if (at.segment == segments) return false;
  if (at.offset != length_of(at.segment)) return false;
  at = {at.segment + 1, W{0}};
  return true;
}

/// Moves what the current segment has of the `wanted` bytes: move(place, bytes) -> bytes moved.
/// Returns whether all of that could be moved. Requires a segment that is not used up.
template <spec::Word W, class LengthOf, class Move>
bool move_some(SegmentPlace<W>& at, W& wanted, const LengthOf& length_of, Move&& move) {
  const W piece = spec::min(wanted, length_of(at.segment) - at.offset);
  const W moved = move(at, piece);
  at.offset = at.offset + moved;
  wanted = wanted - moved;
  return static_cast<bool>(moved == piece);
}

/// Looks at what the current segment has of the `wanted` bytes: unreadable(place, bytes) -> bytes
/// from the first on that cannot be read. Returns whether all of them can; then it has passed the
/// segment.
template <spec::Word W, class LengthOf, class Unreadable>
bool fault_in_segment(
    SegmentPlace<W>& at, W& wanted, const LengthOf& length_of, Unreadable&& unreadable) {
  const W piece = spec::min(wanted, length_of(at.segment) - at.offset);
  const W failed = unreadable(at, piece);
  wanted = wanted - (piece - failed);
  at = {at.segment + 1, W{0}};
  return static_cast<bool>(failed == 0);
}

/// One step back by up to n bytes: within the segment, or to the end of the one before it. Returns
/// whether another step follows.
template <spec::Word W, class LengthOf>
bool step_back(SegmentPlace<W>& at, W& n, const LengthOf& length_of) {
  if (n <= at.offset) {
    at.offset = at.offset - n;
    n = W{0};
    return false;
  }
  n = n - at.offset;
  at.segment = at.segment - 1;
  at.offset = length_of(at.segment);
  return true;
}

}  // namespace quire::impl
