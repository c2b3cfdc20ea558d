// The contents of a file or a folio: a Z3 array from byte position to byte.
#pragma once

#include "proofs/engine/bits.h"

namespace quire::proofs {

/// Contents of which nothing is assumed. An exploration makes them by Explorer::fresh_image().
class Image {
 public:
  Image(z3::context& c, const char* name)
      : array_(c.constant(name, c.array_sort(c.bv_sort(64), c.bv_sort(8)))) {}

  /// Byte p, widened to a word.
  friend Bits at(const Image& image, const Bits& p) {
    return Bits{z3::zext(z3::select(image.array_, p.expr(image.array_.ctx())), 56)};
  }

  /// `image` with the low eight bits of `byte` at p.
  friend Image with(const Image& image, const Bits& p, const Bits& byte) {
    z3::context& c = image.array_.ctx();
    return Image{z3::store(image.array_, p.expr(c), byte.expr(c).extract(7, 0))};
  }

 private:
  explicit Image(z3::expr array) : array_(std::move(array)) {}

  z3::expr array_;
};

}  // namespace quire::proofs
