// A small volume on a device full of garbage, and one-segment calls on its files.
#pragma once

#include "ref/plain/volume.h"
#include "tests/ref/contents.h"
#include "tests/ref/judge.h"
#include "tests/ref/memory_device.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace quire::tests {

inline std::int64_t write(ref::File& file, const void* from, std::uint64_t n, std::int64_t pos) {
  const iovec segment{const_cast<void*>(from), n};
  return file.pwritev2(&segment, 1, pos, 0);
}

inline std::int64_t write(ref::File& file, const Contents& from, std::int64_t pos) {
  return write(file, from.data(), from.size(), pos);
}

inline std::int64_t read(ref::File& file, void* to, std::uint64_t n, std::int64_t pos) {
  const iovec segment{to, n};
  return file.preadv2(&segment, 1, pos, 0);
}

/// The bytes of [pos, pos + n), fewer at the end of the file.
inline Contents read(ref::File& file, std::uint64_t n, std::int64_t pos) {
  Contents to(n, std::byte{0x99});
  const std::int64_t got = read(file, to.data(), n, pos);
  EXPECT_LE(0, got);
  to.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return to;
}

/// A volume of `blocks` blocks; all that happens on it is judged.
struct JudgedVolume {
  explicit JudgedVolume(std::uint64_t block_size, std::uint64_t blocks = 64)
      : device(block_size * blocks),
        volume(ref::Volume::make(device, {.block_size = block_size, .recorder = &judge}).value()) {}
  ~JudgedVolume() { EXPECT_TRUE(judge.holds_nothing()); }
  JudgedVolume(const JudgedVolume&) = delete;
  JudgedVolume& operator=(const JudgedVolume&) = delete;

  /// Blocks that are mapped, of the first `n` of the file.
  std::uint64_t mapped(const ref::File& file, std::uint64_t n) const {
    std::uint64_t count = 0;
    for (std::uint64_t block = 0; block < n; ++block)
      count += file.device_block_of(block).has_value();
    return count;
  }

  Judge judge;
  MemoryDevice device;
  std::unique_ptr<ref::Volume> volume;
};

/// One test for each block size.
class EachBlockSize : public testing::TestWithParam<std::uint64_t>, public JudgedVolume {
 protected:
  EachBlockSize() : JudgedVolume(GetParam(), 512) {}
};

}  // namespace quire::tests
