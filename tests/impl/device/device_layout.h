// Runs in random order over scattered memory, for the device tests.
#pragma once

#include <quire/block_device.h>

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

namespace quire::tests {

/// Memory that direct I/O takes.
class Buffer {
 public:
  explicit Buffer(std::size_t size)
      : bytes_(static_cast<std::byte*>(std::aligned_alloc(4096, (size + 4095) / 4096 * 4096))),
        size_(size) {
    std::memset(bytes_.get(), 0, size);
  }
  std::byte* at(std::size_t pos) const { return bytes_.get() + pos; }
  std::size_t size() const { return size_; }

  void randomize(std::mt19937_64& random) {
    for (std::size_t i = 0; i < size_; i += 8) {
      const std::uint64_t word = random();
      std::memcpy(at(i), &word, 8);
    }
  }

 private:
  struct Freer {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Freer> bytes_;
  std::size_t size_;
};

/// Runs over scattered memory: sector i of the device lies in memory at sector memory[i].
struct Layout {
  std::vector<std::uint64_t> memory;
  std::vector<std::vector<iovec>> segments;
  std::vector<DeviceRun> runs;
};

/// Cuts [start, start + sectors) into `count` runs of random length, in random order, each sector
/// of them at a random position of `buffer`. Leaves nothing out.
inline Layout random_layout(
    std::uint64_t start, std::uint64_t sectors, std::size_t count, std::uint32_t sector_size,
    const Buffer& buffer, std::mt19937_64& random) {
  Layout layout;
  layout.memory.resize(sectors);
  std::iota(layout.memory.begin(), layout.memory.end(), std::uint64_t{0});
  std::shuffle(layout.memory.begin(), layout.memory.end(), random);

  std::vector<std::uint64_t> cuts(sectors - 1);
  std::iota(cuts.begin(), cuts.end(), std::uint64_t{1});
  std::shuffle(cuts.begin(), cuts.end(), random);
  cuts.resize(count - 1);
  cuts.push_back(0);
  cuts.push_back(sectors);
  std::sort(cuts.begin(), cuts.end());

  layout.segments.resize(count);
  for (std::size_t r = 0; r < count; ++r) {
    for (std::uint64_t s = cuts[r]; s < cuts[r + 1]; ++s) {
      layout.segments[r].push_back({buffer.at(layout.memory[s] * sector_size), sector_size});
    }
    layout.runs.push_back({(start + cuts[r]) * sector_size, layout.segments[r]});
  }
  std::shuffle(layout.runs.begin(), layout.runs.end(), random);
  return layout;
}

/// The device's bytes as `layout` gathers them from `buffer`.
inline std::vector<std::byte> gathered(
    const Layout& layout, const Buffer& buffer, std::uint32_t sector_size) {
  std::vector<std::byte> bytes(layout.memory.size() * sector_size);
  for (std::size_t s = 0; s < layout.memory.size(); ++s) {
    std::memcpy(
        bytes.data() + s * sector_size, buffer.at(layout.memory[s] * sector_size), sector_size);
  }
  return bytes;
}

}  // namespace quire::tests
