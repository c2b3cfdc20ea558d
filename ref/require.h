// Assertions against the programmer's own errors, on in every build type.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace quire::ref {

/// Aborts with the sentence `what` on standard error unless `holds`.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "quire::ref: %s\n", what);
  std::abort();
}

}  // namespace quire::ref
