// A file of the fake file system, all of whose steps are judged, and the calls that its file system
// would make of iomap.
#pragma once

#include "ref/linux/iomap/buffered_read.h"
#include "ref/linux/iomap/buffered_write.h"
#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/page_mkwrite.h"
#include "ref/linux/iomap/writeback.h"
#include "ref/linux/iomap/zero_range.h"
#include "ref/noted_lock.h"
#include "tests/ref/contents.h"
#include "tests/ref/judge.h"
#include "tests/ref/linux/iomap/fake_file_system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

namespace quire::tests {

/// Keeps the records for tests of iomap, and stops loops that never end (O6).
class IomapJudge final : public Judge {
 public:
  void step(const spec::Step& step) override {
    Judge::step(step);
    if (const auto* attempt = std::get_if<spec::IomapAttempt<Number>>(&step)) {
      iomap_attempts.push_back(*attempt);
      ++attempts_of_write_;
    }
    if (const auto* iteration = std::get_if<spec::IomapIteration<Number>>(&step))
      iterations.push_back(*iteration);
    if (std::holds_alternative<spec::IomapWrite<Number>>(step)) {
      ++writes;
      attempts_of_write_ = 0;
    }
    if (std::holds_alternative<spec::DelallocRelease<Number>>(step)) ++blocks_released;
    if (std::holds_alternative<spec::IomapGap<Number>>(step)) ++gap_bytes;
    if (const auto* folio = std::get_if<spec::FolioWriteback<Number>>(&step)) {
      folios_written.push_back(*folio);
    }
  }
  bool wants_stop() override {
    EXPECT_LE(attempts_of_write_, kAttemptsMax) << "the loop does not come to its end";
    return stop || kAttemptsMax < attempts_of_write_;
  }

  std::vector<spec::IomapAttempt<Number>> iomap_attempts;
  std::vector<spec::IomapIteration<Number>> iterations;
  std::vector<spec::FolioWriteback<Number>> folios_written;
  Number writes = 0;
  Number blocks_released = 0;
  Number gap_bytes = 0;

 private:
  static constexpr Number kAttemptsMax = 5000;
  Number attempts_of_write_ = 0;
};

struct IomapFile {
  explicit IomapFile(
      std::uint64_t block_size, std::uint64_t folio_pages = 1, std::uint64_t blocks = 512,
      std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : fs(block_size, blocks, &judge, memory), file(fs.file) {
    file.folio_size_max = folio_pages * spec::kPageSize;
    file.record_error = [this](int error) { errors.push_back(error); };
  }
  ~IomapFile() { EXPECT_TRUE(judge.holds_nothing()); }
  IomapFile(const IomapFile&) = delete;
  IomapFile& operator=(const IomapFile&) = delete;

  /// As XFS writes: what lies between the end of the file and the write is zeroed first (XFB-3).
  std::int64_t write(
      std::uint64_t pos, const void* from, std::uint64_t n, const Request& request = {}) {
    const ref::NotedLock<spec::Iolock> lock(&judge, file.number);
    if (file.size < pos && !request.nowait) {
      const ref::NotedLock<spec::InvalidateLock> exclusive(&judge, file.number);
      const std::uint64_t gap = pos - file.size;
      if (const int error = zero_range(file, fs, fs, file.size, gap, nullptr)) return error;
    }
    return write_only(pos, from, n, request);
  }
  std::int64_t write(std::uint64_t pos, const Contents& from, const Request& request = {}) {
    return write(pos, from.data(), from.size(), request);
  }

  /// Without the zeroing.
  std::int64_t write_only(
      std::uint64_t pos, const void* from, std::uint64_t n, const Request& request = {}) {
    ref::IovIter iter({{const_cast<void*>(from), n}});
    const std::int64_t result = file_buffered_write(file, fs, iter, pos, request);
    EXPECT_EQ(iter.place(), static_cast<std::uint64_t>(std::max<std::int64_t>(result, 0)));
    return result;
  }

  /// The bytes of [pos, pos + n), fewer at the end of the file.
  Contents read(std::uint64_t pos, std::uint64_t n) {
    const ref::NotedLock<spec::Iolock> lock(&judge, file.number);
    Contents to(n, std::byte{0x99});
    ref::IovIter iter({{to.data(), n}});
    const std::int64_t got = file_buffered_read(file, fs, iter, pos);
    EXPECT_LE(0, got);
    to.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return to;
  }
  Contents all() { return read(0, file.size + 1); }

  int sync() { return writepages(file, fs, 0, spec::kFileSizeMax); }

  /// The bytes of the device, after a writeback and a drop of the cache.
  Contents from_the_device() {
    EXPECT_EQ(sync(), 0);
    file.pages.drop_clean();
    EXPECT_TRUE(file.pages.folios().empty());
    return all();
  }

  int zero(std::uint64_t pos, std::uint64_t length) {
    const ref::NotedLock<spec::Iolock> lock(&judge, file.number);
    const ref::NotedLock<spec::InvalidateLock> exclusive(&judge, file.number);
    return zero_range(file, fs, fs, pos, length, nullptr);
  }

  int unshare(std::uint64_t pos, std::uint64_t length) {
    const ref::NotedLock<spec::Iolock> lock(&judge, file.number);
    const ref::NotedLock<spec::InvalidateLock> exclusive(&judge, file.number);
    return ref::iomap::unshare(file, fs, pos, length);
  }

  int truncate(std::uint64_t length) {
    const ref::NotedLock<spec::Iolock> lock(&judge, file.number);
    const ref::NotedLock<spec::InvalidateLock> exclusive(&judge, file.number);
    const int error = length < file.size
                          ? truncate_page(file, fs, fs, length, nullptr)
                          : zero_range(file, fs, fs, file.size, length - file.size, nullptr);
    if (error != 0) return error;
    const bool shrinks = length < file.size;
    file.size = length;
    if (!shrinks) return 0;
    ref::iomap::truncate_pagecache_range(file, length, spec::kFileSizeMax);
    fs.free_from(spec::round_up(length, file.block_size));
    return 0;
  }

  /// Stores to a page through a mapping of the file; bytes past the page are not stored.
  int store(std::uint64_t pos, const Contents& bytes) {
    {
      const ref::NotedLock<spec::UserMemory> memory(&judge, 0);
      const ref::NotedLock<spec::InvalidateLock> shared(&judge, file.number);
      if (const int error = page_mkwrite(file, fs, fs, pos)) return error;
    }
    const std::uint64_t page_end = spec::round_up(pos + 1, spec::kPageSize);
    const std::uint64_t n = std::min<std::uint64_t>(bytes.size(), page_end - pos);
    std::copy_n(bytes.begin(), n, file.pages.find(pos)->bytes(pos, pos + n).begin());
    return 0;
  }

  IomapJudge judge;
  FakeFileSystem fs;
  ref::iomap::File& file;
  std::vector<int> errors;  ///< that writeback recorded
};

}  // namespace quire::tests
