// Reading, writing and flushing by preadv2, pwritev2 and fdatasync.
#include "impl/device/plain_device.h"

#include "impl/process/no_cancel.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace quire::impl {

int plain_transfer(const OpenFile& file, Direction direction, Transfer& transfer) {
  const auto system_call = direction == Direction::read ? ::preadv2 : ::pwritev2;
  while (!transfer.next().empty()) {
    const auto memory = transfer.next();
    const ssize_t answer = system_call(
        file.fd.get(), memory.data(), static_cast<int>(memory.size()),
        static_cast<off_t>(transfer.device_pos()), 0);
    const int error =
        take_answer(transfer, answer < 0 ? -errno : answer, file.geometry.sector_size);
    if (error != 0) return error;
  }
  return 0;
}

void plain_transfers(
    const OpenFile& file, Direction direction, TransferQueue& queue, Outcome& outcome) {
  while (auto transfer = queue.pop()) {
    const int error = plain_transfer(file, direction, *transfer);
    if (error != 0) outcome.fail(transfer->run(), error);
  }
}

int plain_flush(const OpenFile& file) {
  while (::fdatasync(file.fd.get()) != 0) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

int PlainDevice::read(std::span<const DeviceRun> runs) {
  if (!file_.is_ours()) return -ESTALE;
  Outcome outcome;
  transfer(Direction::read, runs, outcome);
  return outcome.first_error();
}

void PlainDevice::write(std::span<const DeviceRun> runs, std::span<int> results) {
  Outcome outcome(results);
  if (!file_.is_ours()) return outcome.fail_all(-ESTALE);
  transfer(Direction::write, runs, outcome);
}

int PlainDevice::flush() {
  const NoCancel no_cancel;
  return file_.is_ours() ? plain_flush(file_) : -ESTALE;
}

void PlainDevice::transfer(Direction direction, std::span<const DeviceRun> runs, Outcome& outcome) {
  const NoCancel no_cancel;
  check_runs(runs, size(), sector_size(), outcome);
  TransferQueue queue(runs, outcome);
  plain_transfers(file_, direction, queue, outcome);
}

}  // namespace quire::impl
