// The moves of the iterator from segment to segment, over a word type.
#pragma once

#include "spec/word.h"

namespace quire::ref {

/// A byte of the caller's array.
template <class W>
struct Cursor {
  W segment;
  W offset;  ///< into the segment; at its end only until leave_finished() has been called
};

/// Goes to the next segment if the current one, of `length` bytes, has none left.
template <spec::Word W>
bool leave_finished(Cursor<W>& cursor, const W& length) {
  if (cursor.offset == length) {
    cursor.segment = cursor.segment + 1;
    cursor.offset = W{0};
    return true;
  }
  return false;
}

/// Bytes of a segment of `length` that come next, if `n` are to be transferred.
template <spec::Word W>
W bytes_here(const Cursor<W>& cursor, const W& length, const W& n) {
  return spec::min(length - cursor.offset, n);
}

/// One step of a transfer of `to_do` bytes. transfer(cursor, bytes) answers how many it moved.
/// Returns whether it moved all that it was asked for.
template <spec::Word W, class Transfer>
bool transfer_here(Cursor<W>& cursor, const W& length, W& to_do, Transfer&& transfer) {
  const W asked = bytes_here(cursor, length, to_do);
  const W moved = transfer(cursor, asked);
  to_do = to_do - moved;
  cursor.offset = cursor.offset + moved;
  return static_cast<bool>(moved == asked);
}

/// One step of making `to_do` bytes readable. fault_in(cursor, bytes) answers how many it could
/// not. Returns whether it could all; the cursor is then at the next segment.
template <spec::Word W, class FaultIn>
bool fault_in_here(Cursor<W>& cursor, const W& length, W& to_do, FaultIn&& fault_in) {
  const W asked = bytes_here(cursor, length, to_do);
  const W unreadable = fault_in(cursor, asked);
  to_do = to_do - asked + unreadable;
  if (unreadable != 0) return false;
  cursor.segment = cursor.segment + 1;
  cursor.offset = W{0};
  return true;
}

/// One step back by `n` bytes. length_before: of the segment in front of this one. Returns whether
/// that is where it now stands, at the end, with the rest of n to go.
template <spec::Word W, class LengthBefore>
bool revert_here(Cursor<W>& cursor, W& n, LengthBefore&& length_before) {
  if (n > cursor.offset) {
    n = n - cursor.offset;
    cursor.segment = cursor.segment - 1;
    cursor.offset = length_before(cursor.segment);
    return true;
  }
  cursor.offset = cursor.offset - n;
  n = W{0};
  return false;
}

}  // namespace quire::ref
