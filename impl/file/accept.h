// How much of a copy counts.
#pragma once

#include "spec/word.h"

namespace quire::impl {

/// The bytes that count of a copy of `copied` bytes into a range of one folio that write_begin
/// prepared for `length`: all of them if the copy arrived whole, or if every block of the range was
/// uptodate; else none (WB-3, WB-4). write_begin prepares ranges whose blocks are all uptodate or
/// all stale, so that a rejected copy is never seen by a reader: it lies in stale blocks only.
template <spec::Word W>
constexpr W accept(const spec::TruthOf<W>& range_uptodate, const W& length, const W& copied) {
  using spec::ite;
  return ite(copied == length || range_uptodate, copied, W{0});
}

}  // namespace quire::impl
