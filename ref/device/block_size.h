// Whether a device can carry a volume of blocks of some size.
#pragma once

#include "ref/device/device.h"

#include <cstdint>
#include <expected>
#include <string>

namespace quire::ref {

/// Accepts a power of two from 512 and the device's sector size to 4096, if the device has 16 such
/// blocks. Error: a sentence that says why not.
std::expected<void, std::string> check_block_size(const Device& device, std::uint64_t block_size);

}  // namespace quire::ref
