// What a closed handle of ref answers.
#pragma once

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace quire::props {

/// Makes every call that a handle has, on one that is closed. Returns -EBADF if each answered that
/// and none found a block; else the first other answer, or 0 for a block.
template <class File>
std::int64_t answer_of_closed(File& file) {
  std::byte byte{};
  const iovec one{&byte, 1};
  file.drop_cache();
  if (file.device_block_of(0)) return 0;
  if constexpr (requires { file.is_stored_compressed(0); }) {
    if (file.is_stored_compressed(0)) return 0;
  }
  std::int64_t first = -EBADF;
  const auto note = [&first](std::int64_t answer) {
    if (first == -EBADF) first = answer;
  };
  note(file.pwritev2(&one, 1, 0, 0));
  note(file.preadv2(&one, 1, 0, 0));
  note(file.fsync());
  note(file.fdatasync());
  note(file.write_back());
  note(file.ftruncate(0));
  note(file.lseek(0, SEEK_SET));
  note(file.size());
  note(file.position());
  if constexpr (requires { file.fallocate(0, 0, 1); }) note(file.fallocate(0, 0, 1));
  if constexpr (requires { file.set_contended(true); }) note(file.set_contended(true));
  note(file.close());
  return first;
}

}  // namespace quire::props
