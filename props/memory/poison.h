// The byte that no caller writes and no reader may ever see.
#pragma once

#include <cstddef>

namespace quire::props {

/// Fills devices, fresh memory and the margins of buffers. A reader that sees it got bytes that
/// nobody wrote.
inline constexpr std::byte kPoison{0xDB};

}  // namespace quire::props
