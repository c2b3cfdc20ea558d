// How much of a copy counts.
#pragma once

#include "spec/word.h"

namespace quire::ref {

/// The bytes that count of a copy of `copied` bytes into a range of `n` that write_begin prepared:
/// all if the copy is complete or its range was uptodate, else none (WB-3, WB-4).
template <spec::Word W>
W accept(const spec::TruthOf<W>& uptodate, const W& n, const W& copied) {
  using spec::ite;
  return ite(copied < n && !uptodate, W{0}, copied);
}

}  // namespace quire::ref
