// Which block sizes ref says that its device can carry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace quire::props {

/// Asks ref about block sizes on a device of `size` bytes in such sectors, and on ones that are
/// just large enough and just too small. Of the first wrong answer: what it should be, and what it
/// is.
std::optional<std::pair<std::string, std::string>> wrong_block_size(
    std::uint64_t size, std::uint64_t sector_size);

}  // namespace quire::props
