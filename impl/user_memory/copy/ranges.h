// Where the accesses of a copy begin and end, over a word, so that proofs/ runs the shipped code.
#pragma once

#include "spec/word.h"

namespace quire::impl {

/// Bytes from an address to the next multiple of `unit`, a power of two; 0 at one.
template <spec::Word W>
constexpr W bytes_to_multiple(const W& address, const W& unit) {
  return (W{0} - address) & (unit - 1);
}

/// Of `left` bytes at an address, those in the page of the first. page: bytes, a power of two.
template <spec::Word W>
constexpr W bytes_in_page(const W& address, const W& left, const W& page) {
  return spec::min(left, page - (address & (page - 1)));
}

}  // namespace quire::impl
