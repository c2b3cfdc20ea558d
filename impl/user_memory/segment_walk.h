// The steps of the iterator over the caller's memory, from segment to segment.
//
// Templates over the word, so that proofs/ runs the code of iov_iter.cpp. length_of(segment) counts
// bytes.
#pragma once

#include "spec/word.h"

namespace quire::impl {

/// The position of a walk.
template <class W>
struct SegmentPlace {
  W segment;
  W offset;  ///< bytes of the segment that are behind
};

/// Passes a segment that is used up, also one that is empty from the start (IT-3). Returns whether
/// it did.
template <spec::Word W, class LengthOf>
bool skip_used_up(SegmentPlace<W>& at, const W& segments, const LengthOf& length_of) {
  if (at.segment == segments) return false;
  if (at.offset != length_of(at.segment)) return false;
  at = {at.segment + 1, W{0}};
  return true;
}

/// Moves those of the `wanted` bytes that lie in the current segment: move(position, bytes) ->
/// bytes moved. Returns whether it moved all of these. Requires a segment that is not used up.
template <spec::Word W, class LengthOf, class Move>
bool move_some(SegmentPlace<W>& at, W& wanted, const LengthOf& length_of, Move&& move) {
  const W piece = spec::min(wanted, length_of(at.segment) - at.offset);
  const W moved = move(at, piece);
  at.offset = at.offset + moved;
  wanted = wanted - moved;
  return static_cast<bool>(moved == piece);
}

/// Faults in those of the `wanted` bytes that lie in the current segment: unreadable(position,
/// bytes) -> bytes from the first that cannot be read to the end. Returns whether all can be read;
/// then it has passed the segment.
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
