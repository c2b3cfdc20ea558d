// A small XFS volume on a device full of garbage, all of whose steps are judged.
#pragma once

#include "ref/linux/xfs/ledger.h"
#include "ref/linux/xfs/volume.h"
#include "tests/ref/contents.h"
#include "tests/ref/judge.h"
#include "tests/ref/memory_device.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

namespace quire::tests {

inline std::int64_t write(
    ref::xfs::File& file, const void* from, std::uint64_t n, std::int64_t pos, int flags = 0) {
  const iovec segment{const_cast<void*>(from), n};
  return file.pwritev2(&segment, 1, pos, flags);
}

inline std::int64_t write(
    ref::xfs::File& file, const Contents& from, std::int64_t pos, int flags = 0) {
  return write(file, from.data(), from.size(), pos, flags);
}

/// The bytes of [pos, pos + n), fewer at the end of the file.
inline Contents read(ref::xfs::File& file, std::uint64_t n, std::int64_t pos) {
  Contents to(n, std::byte{0x99});
  const iovec segment{to.data(), n};
  const std::int64_t got = n == 0 ? 0 : file.preadv2(&segment, 1, pos, 0);
  EXPECT_LE(0, got);
  to.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return to;
}

struct JudgedXfs {
  /// blocks: of the device. The recorder of the options is the judge.
  JudgedXfs(ref::xfs::MountOptions options, std::uint64_t blocks)
      : device(options.block_size * blocks) {
    options.recorder = &judge;
    volume = ref::xfs::Volume::make(device, options).value();
  }
  ~JudgedXfs() { settled(); }
  JudgedXfs(const JudgedXfs&) = delete;
  JudgedXfs& operator=(const JudgedXfs&) = delete;

  /// The invariants between any two calls: no lock is held, and the accounts agree (ACC-1).
  void settled() {
    EXPECT_TRUE(judge.holds_nothing());
    ref::xfs::record_ledger(volume->mount());
  }

  Judge judge;
  MemoryDevice device;
  std::unique_ptr<ref::xfs::Volume> volume;
};

}  // namespace quire::tests
