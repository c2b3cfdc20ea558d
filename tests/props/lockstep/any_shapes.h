// Memory for a call, of each kind that every machine has.
#pragma once

#include "props/memory/user_buffer.h"

#include <cstddef>
#include <random>
#include <vector>

namespace quire::tests {

/// One to four segments of any kind.
inline std::vector<props::BufferShape> any_shapes(std::mt19937_64& random) {
  using props::BufferKind, props::BufferShape;
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::vector<BufferShape> shapes(1 + below(4));
  for (BufferShape& shape : shapes) {
    constexpr BufferKind kinds[] = {
        BufferKind::plain, BufferKind::plain, BufferKind::ends_in_prot_none,
        BufferKind::ends_in_sigbus, BufferKind::hole_in_middle};
    shape.kind = kinds[below(5)];
    shape.size = below(3) == 0 ? below(40) : below(20000);
    shape.readable = below(3) == 0 ? below(shape.size + 1) : shape.size - below(shape.size / 4 + 1);
    shape.misalignment = below(props::kPage);
  }
  return shapes;
}

}  // namespace quire::tests
