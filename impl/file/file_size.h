// The size of one file.
#pragma once

#include <atomic>
#include <cstdint>

namespace quire::impl {

/// Bytes; any thread may read it. It changes under the file's iolock; where it grows by a write
/// also under the lock of the folio that holds the last byte, so that writeback, which zeroes the
/// bytes past the size, sees it grown (WB-6).
class FileSize {
 public:
  std::uint64_t get() const { return bytes_.load(std::memory_order_relaxed); }
  void set(std::uint64_t bytes) { bytes_.store(bytes, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace quire::impl
