// A file's cache without a file system: its blocks go to a vector, and fail on request.
#pragma once

#include "ref/cache/cached_file.h"
#include "tests/ref/contents.h"
#include "tests/ref/judge.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <memory_resource>
#include <new>
#include <set>
#include <vector>

namespace quire::tests {

inline constexpr std::uint64_t kSmallBlock = 1024;

/// Memory that can run out.
class ScarceMemory final : public std::pmr::memory_resource {
 public:
  bool is_out = false;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (is_out) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

/// Keeps what is written, by file block; calls the test at each wait.
class TestOwner final : public ref::CacheOwner {
 public:
  int write(ref::Folio& folio, const std::vector<bool>& dirty) override {
    written_folios.push_back(folio.pos());
    if (while_writing) while_writing(folio);
    if (const auto failing = failures.find(folio.pos()); failing != failures.end()) {
      return failing->second;
    }
    for (std::size_t i = 0; i < dirty.size(); ++i) {
      if (!dirty[i]) continue;
      const auto bytes = folio.block_bytes(i);
      disk[folio.block_pos(i)].assign(bytes.begin(), bytes.end());
    }
    return 0;
  }
  void drops(const ref::Folio& folio) override { dropped.push_back(folio.pos()); }
  void while_waiting_for(std::uint64_t pos) override {
    if (while_waiting) while_waiting(pos);
  }
  void while_dropping() override {
    if (between_unmaps) between_unmaps();
  }

  std::vector<std::uint64_t> written_folios;
  std::vector<std::uint64_t> dropped;
  std::map<std::uint64_t, int> failures;  ///< by the folio's first byte
  std::map<std::uint64_t, std::vector<std::byte>> disk;
  std::function<void(ref::Folio&)> while_writing;
  std::function<void(std::uint64_t)> while_waiting;
  std::function<void()> between_unmaps;
};

/// Every step is judged.
struct JudgedCache {
  ~JudgedCache() { EXPECT_TRUE(judge.holds_nothing()); }

  /// A folio of `pages` pages, uptodate, whose bytes are `value`.
  ref::Folio& make(std::uint64_t pos, std::uint64_t pages, int value, bool dirty = false) {
    ref::Folio& folio = *cache.find_or_make(pos, pages * kPage);
    EXPECT_EQ(folio.size(), pages * kPage);
    std::ranges::fill(folio.bytes(folio.pos(), folio.end()), std::byte(value));
    for (ref::Block& block : folio.blocks) block = {.uptodate = true, .dirty = dirty};
    return folio;
  }

  int at(std::uint64_t pos) {
    ref::Folio* const folio = cache.find(pos);
    return folio == nullptr ? -1 : static_cast<int>(folio->bytes(pos, pos + 1).front());
  }

  Judge judge;
  ScarceMemory memory;
  ref::AddressSpace cache{kSmallBlock, &memory};
  ref::UserMappings users;
  ref::NotedErrSeq volume_errors{&judge, ref::kVolumeErrors};
  ref::MappingErrors errors{volume_errors, &judge, 1};
  TestOwner owner;
  ref::CachedFile file{1, cache, users, errors, owner, &judge};
};

}  // namespace quire::tests
