// What the cache knows of one block of a folio, and what a range of bytes means to it, over a word
// type.
#pragma once

#include "spec/word.h"

namespace quire::ref {

template <class Truth>
struct BlockFlags {
  Truth uptodate = false;  ///< it holds what a reader must see; a block that is not is stale
  Truth dirty = false;     ///< it must reach the device; then it is uptodate (IFS-3)
};

/// Bytes of the file: [pos, end).
template <class W>
struct ByteRange {
  W pos;
  W end;
};

/// Whether the two have a byte in common.
template <spec::Word W>
spec::TruthOf<W> touches(const ByteRange<W>& block, const ByteRange<W>& range) {
  return range.pos < range.end && block.pos < range.end && range.pos < block.end;
}

/// Whether all of the block lies in the range.
template <spec::Word W>
spec::TruthOf<W> covers(const ByteRange<W>& range, const ByteRange<W>& block) {
  return range.pos <= block.pos && block.end <= range.end;
}

/// Whether the block must be filled before the range is written: what the write will leave of it
/// has to be there (WB-2).
template <spec::Word W>
spec::TruthOf<W> needs_read_or_zero(
    const BlockFlags<spec::TruthOf<W>>& flags, const ByteRange<W>& block,
    const ByteRange<W>& range) {
  return !flags.uptodate && touches(block, range) && !covers(range, block);
}

/// The block after the range was written.
template <spec::Word W>
BlockFlags<spec::TruthOf<W>> written(
    const BlockFlags<spec::TruthOf<W>>& flags, const ByteRange<W>& block,
    const ByteRange<W>& range) {
  const auto touched = touches(block, range);
  return {flags.uptodate || touched, flags.dirty || touched};
}

/// The block after the range was cut out of the cache: what is gone need not be written.
template <spec::Word W>
BlockFlags<spec::TruthOf<W>> cut(
    const BlockFlags<spec::TruthOf<W>>& flags, const ByteRange<W>& block,
    const ByteRange<W>& range) {
  return {flags.uptodate, flags.dirty && !covers(range, block)};
}

}  // namespace quire::ref
