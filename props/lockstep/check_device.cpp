// What lies on a subject's device.
#include "props/lockstep/run.h"
#include "props/memory/first_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace quire::props {

void Run::check_device(Number number) {
  const Shadow& file = shadow(number);
  const Number bs = setting_.block_size;
  const Number blocks = (file.bytes.size() + bs - 1) / bs;
  std::vector<std::byte> run, wanted;
  for (Number b = 0; b < blocks && !failure_;) {
    const auto place = subject_->map(number, b);
    Number end = b + 1;
    while (end < blocks && place && subject_->map(number, end) == *place + (end - b)) ++end;
    const Number length = std::min((end - b) * bs, file.bytes.size() - b * bs);
    run.assign((end - b) * bs, std::byte{0});
    if (place) {
      if (const int error = subject_->read_device(*place * bs, run); error != 0) {
        throw std::runtime_error(
            fmt::format("the device cannot be read: {}", std::strerror(-error)));
      }
    }
    wanted.assign(run.size(), std::byte{0});
    std::copy_n(file.bytes.begin() + static_cast<std::ptrdiff_t>(b * bs), length, wanted.begin());
    if (const Number k = first_difference(run, wanted); k < run.size()) {
      wrong_byte(
          b * bs + k, wanted[k], run[k],
          "After fsync each byte lies on the device, and zeroes behind the end.");
    }
    b = end;
  }
}

}  // namespace quire::props
