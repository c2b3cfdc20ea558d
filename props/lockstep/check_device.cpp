// A subject's bytes on its device.
#include "props/differential/transfers.h"
#include "props/lockstep/subject_run.h"
#include "props/memory/first_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace quire::props {

void SubjectRun::check_device(Number number) {
  const FileModel& model = file(number);
  const Number bs = setting_.block_size;
  const Number blocks = (model.size() + bs - 1) / bs;
  const auto device_block = [&](Number b) { return subject_->device_block_of(number, b); };
  std::vector<std::byte> run, wanted;
  for (Number b = 0; b < blocks && !failure_;) {
    const auto mapped = device_block(b);
    Number end = b + 1;
    while (end < blocks && mapped && device_block(end) == *mapped + (end - b)) ++end;
    const Number length = std::min((end - b) * bs, model.size() - b * bs);
    run.assign((end - b) * bs, std::byte{0});
    if (mapped) {
      if (const int error = subject_->read_device(*mapped * bs, run); error != 0) {
        throw std::runtime_error(
            fmt::format("the device cannot be read: {}", std::strerror(-error)));
      }
    }
    wanted.assign(run.size(), std::byte{0});
    std::copy_n(model.bytes.begin() + static_cast<std::ptrdiff_t>(b * bs), length, wanted.begin());
    if (const Number k = first_difference(run, wanted); k < run.size()) {
      fail(wrong_byte(
          name(), b * bs + k, wanted[k], run[k],
          "After fsync each byte lies on the device, and zeroes behind the end."));
    }
    b = end;
  }
}

}  // namespace quire::props
