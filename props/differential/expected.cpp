#include "props/differential/expected.h"

#include "spec/geometry.h"

#include <cerrno>

namespace quire::props {

std::uint64_t good_bytes(const Command& command) {
  std::uint64_t n = 0;
  for (const BufferShape& shape : command.memory) {
    const bool faults = shape.kind != BufferKind::plain && shape.kind != BufferKind::supplied_late;
    if (faults && shape.readable < shape.size) return n + shape.readable;
    n += shape.size;
  }
  return n;
}

std::int64_t answer_for(std::uint64_t bytes, std::uint64_t good) {
  if (bytes <= good) return static_cast<std::int64_t>(bytes);
  return good != 0 ? static_cast<std::int64_t>(good) : -EFAULT;
}

std::int64_t answer_at(std::uint64_t pos, std::uint64_t asked, std::int64_t answer) {
  return asked != 0 && spec::kFileSizeMax - asked < pos ? -EINVAL : answer;
}

}  // namespace quire::props
