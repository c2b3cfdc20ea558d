// The flags of one block of a folio, and how a write or a cut changes them, over a word type.
#pragma once

#include "spec/word.h"

namespace quire::ref {

template <class Truth>
struct BlockFlags {
  Truth uptodate = false;  ///< it holds the file's bytes; else it is stale
  Truth dirty = false;     ///< it must be written; implies uptodate (IFS-3)
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

/// Whether the block must be read or zeroed before the range is written: the write keeps a part of
/// it (WB-2).
template <spec::Word W>
spec::TruthOf<W> needs_read_or_zero(
    const BlockFlags<spec::TruthOf<W>>& flags, const ByteRange<W>& block,
    const ByteRange<W>& range) {
  return !flags.uptodate && touches(block, range) && !covers(range, block);
}

/// The flags after the range was written.
template <spec::Word W>
BlockFlags<spec::TruthOf<W>> written(
    const BlockFlags<spec::TruthOf<W>>& flags, const ByteRange<W>& block,
    const ByteRange<W>& range) {
  const auto touched = touches(block, range);
  return {flags.uptodate || touched, flags.dirty || touched};
}

/// The flags after the range was cut out of the cache: a block that is cut whole need not be
/// written.
template <spec::Word W>
BlockFlags<spec::TruthOf<W>> cut(
    const BlockFlags<spec::TruthOf<W>>& flags, const ByteRange<W>& block,
    const ByteRange<W>& range) {
  return {flags.uptodate, flags.dirty && !covers(range, block)};
}

}  // namespace quire::ref
