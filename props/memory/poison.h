// The byte that no caller writes and no reader may ever see.
#pragma once

#include <cstddef>

namespace quire::props {

/// Fills what has not been written: devices, fresh memory, the margins of buffers. A reader that
/// sees it was shown what nobody wrote.
inline constexpr std::byte kPoison{0xDB};

}  // namespace quire::props
