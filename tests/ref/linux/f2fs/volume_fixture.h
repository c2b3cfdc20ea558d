// A small F2FS volume on a device full of garbage, and one-segment calls on its files.
#pragma once

#include "ref/linux/f2fs/volume.h"
#include "tests/ref/contents.h"
#include "tests/ref/judge.h"
#include "tests/ref/memory_device.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace quire::tests {

namespace f2fs = ref::f2fs;

/// Bytes that do not compress.
inline Contents noise(std::uint64_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Contents bytes(size);
  for (std::byte& byte : bytes) byte = std::byte(random());
  return bytes;
}

inline std::int64_t write(
    f2fs::File& file, const void* from, std::uint64_t n, std::uint64_t pos, int flags = 0) {
  const iovec segment{const_cast<void*>(from), n};
  return file.pwritev2(&segment, 1, static_cast<std::int64_t>(pos), flags);
}

inline std::int64_t write(f2fs::File& file, const Contents& from, std::uint64_t pos) {
  return write(file, from.data(), from.size(), pos);
}

/// The bytes of [pos, pos + n), fewer at the end of the file.
inline Contents read(f2fs::File& file, std::uint64_t n, std::uint64_t pos) {
  Contents to(n, std::byte{0x99});
  const iovec segment{to.data(), n};
  const std::int64_t got = file.preadv2(&segment, 1, static_cast<std::int64_t>(pos), 0);
  EXPECT_LE(0, got);
  to.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return to;
}

/// A judge that also keeps the records of F2FS alone.
class F2fsJudge final : public Judge {
 public:
  void step(const spec::Step& step) override {
    Judge::step(step);
    std::visit([this](const auto& record) { keep(record); }, step);
  }

  std::vector<spec::ReserveStep<Number>> reserve_steps;
  std::vector<spec::F2fsWriteEnd<Number>> write_ends;
  std::vector<spec::ClusterEnd<Number>> cluster_ends;
  std::vector<spec::InlineConversion<Number>> conversions;
  std::vector<spec::PreallocatedWrite<Number>> writes;
  std::vector<spec::AtomicReserve<Number>> atomic_reserves;

 private:
  void keep(const spec::ReserveStep<Number>& r) { reserve_steps.push_back(r); }
  void keep(const spec::F2fsWriteEnd<Number>& r) { write_ends.push_back(r); }
  void keep(const spec::ClusterEnd<Number>& r) { cluster_ends.push_back(r); }
  void keep(const spec::InlineConversion<Number>& r) { conversions.push_back(r); }
  void keep(const spec::PreallocatedWrite<Number>& r) { writes.push_back(r); }
  void keep(const spec::AtomicReserve<Number>& r) { atomic_reserves.push_back(r); }
  template <class Record>
  void keep(const Record&) {}
};

/// A volume whose main area has `blocks` blocks, of which f2fs::kOverprovision are held back; all
/// that happens on it is judged.
struct F2fsVolume {
  explicit F2fsVolume(std::uint64_t blocks = 128, f2fs::VolumeOptions options = {})
      : device((blocks + 1) * kPage) {
    options.recorder = &judge;
    volume = f2fs::Volume::make(device, options).value();
  }
  ~F2fsVolume() { EXPECT_TRUE(judge.holds_nothing()); }
  F2fsVolume(const F2fsVolume&) = delete;
  F2fsVolume& operator=(const F2fsVolume&) = delete;

  f2fs::File plain(std::uint64_t number = 1) { return volume->open(number); }
  f2fs::File small(std::uint64_t number = 1) { return volume->open(number, {.inline_data = true}); }
  f2fs::File packed(std::uint64_t number = 1) { return volume->open(number, {.compressed = true}); }

  F2fsJudge judge;
  MemoryDevice device;
  std::unique_ptr<f2fs::Volume> volume;
};

}  // namespace quire::tests
