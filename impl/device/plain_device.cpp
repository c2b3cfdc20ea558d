// Reading, writing and flushing by preadv2, pwritev2 and fdatasync.
#include "impl/device/plain_device.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace quire::impl {

int plain_transfer(const OpenFile& file, Direction direction, std::span<const DeviceRun> runs) {
  const auto system_call = direction == Direction::read ? ::preadv2 : ::pwritev2;
  for (TransferQueue queue(runs); !queue.empty();) {
    Transfer transfer = queue.pop();
    while (!transfer.next().empty()) {
      const auto memory = transfer.next();
      const ssize_t answer = system_call(
          file.fd.get(), memory.data(), static_cast<int>(memory.size()),
          static_cast<off_t>(transfer.device_pos()), 0);
      const int error =
          take_answer(transfer, answer < 0 ? -errno : answer, file.geometry.sector_size);
      if (error != 0) return error;
    }
  }
  return 0;
}

int plain_flush(const OpenFile& file) {
  while (::fdatasync(file.fd.get()) != 0) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

int PlainDevice::transfer(Direction direction, std::span<const DeviceRun> runs) {
  const int error = check_runs(runs, size(), sector_size());
  return error != 0 ? error : plain_transfer(file_, direction, runs);
}

}  // namespace quire::impl
