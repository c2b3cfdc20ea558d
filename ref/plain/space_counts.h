// The counts of a space manager of ref, over a word type: free + promised + in use == blocks
// (ACC-1).
//
// Each step states its requirement; a caller on numbers checks it.
#pragma once

#include "spec/word.h"

namespace quire::ref {

/// Blocks. Those in use are the rest of the device.
template <class W>
struct SpaceCounts {
  W free;
  W promised;  ///< reserved, and not yet allocated
};

/// Promises `n` blocks, or none if fewer are free. Returns whether it did.
template <spec::Word W>
spec::TruthOf<W> promise(SpaceCounts<W>& counts, const W& n) {
  using spec::ite;
  const auto fits = n <= counts.free;
  const W moved = ite(fits, n, W{0});
  counts.free = counts.free - moved;
  counts.promised = counts.promised + moved;
  return fits;
}

/// Releases `n` promises. Requires that as many are open.
template <spec::Word W>
void take_back(SpaceCounts<W>& counts, const W& n) {
  counts.promised = counts.promised - n;
  counts.free = counts.free + n;
}

/// `n` promised blocks are in use. Requires that as many are open.
template <spec::Word W>
void redeem(SpaceCounts<W>& counts, const W& n) {
  counts.promised = counts.promised - n;
}

/// `n` blocks are in use no longer. Requires that as many are.
template <spec::Word W>
void give_free(SpaceCounts<W>& counts, const W& n) {
  counts.free = counts.free + n;
}

}  // namespace quire::ref
