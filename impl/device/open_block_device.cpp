// open_block_device(): a path, opened, behind the best device this machine has for it.
#include "impl/device/open_file.h"
#include "impl/device/plain_device.h"
#include "impl/device/uring_device.h"
#include "impl/error_about.h"

#include <quire/block_device.h>

#include <cerrno>
#include <new>
#include <utility>

namespace quire {

Result<std::unique_ptr<BlockDevice>> open_block_device(const std::string& path) try {
  auto file = impl::open_exclusively(path);
  if (!file) return std::unexpected(std::move(file.error()));
  if (auto device = impl::make_uring_device(*file)) return device;
  return std::make_unique<impl::PlainDevice>(std::move(*file));
} catch (const std::bad_alloc&) {
  return std::unexpected(impl::error_about(path, ENOMEM, "no memory to open it"));
}

}  // namespace quire
