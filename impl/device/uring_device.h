// A device through io_uring.
#pragma once

#include "impl/device/open_file.h"

#include <quire/block_device.h>

#include <memory>

namespace quire::impl {

/// Wraps `file`; null where the machine gives no io_uring (ENOSYS, EPERM, ENOMEM, ...), and then
/// `file` is left as it was.
///
/// A call submits all its runs together, as far as the ring is deep, and waits for every one that
/// it submitted; after its first error a read submits no more. Calls of different threads run side
/// by side, each on a ring of its own, and wait for each other only when the rings are used up. A
/// ring that fails leaves the rest to ordinary calls. Errors are those of PlainDevice.
[[nodiscard]] std::unique_ptr<BlockDevice> make_uring_device(OpenFile& file);

}  // namespace quire::impl
