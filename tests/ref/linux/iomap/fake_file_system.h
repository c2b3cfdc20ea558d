// A small file system of one file under iomap: extents in memory, block by block, that can be made
// to run full, to answer short mappings, to change behind a writer's back, and to fail.
#pragma once

#include "ref/linux/iomap/delalloc_release.h"
#include "ref/linux/iomap/ops.h"
#include "tests/ref/memory_device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <vector>

namespace quire::tests {

using ref::iomap::Ioend;
using ref::iomap::Kind;
using ref::iomap::Mapping;
using ref::iomap::Request;

/// One fork of the file: what is behind each block.
struct FakeBlock {
  Kind kind;
  std::uint64_t device_block = 0;  ///< block of the device, for mapped and unwritten
  bool operator==(const FakeBlock&) const = default;
};
using Fork = std::map<std::uint64_t, FakeBlock>;

class FakeFileSystem : public ref::iomap::Ops, public ref::iomap::WritebackOps {
 public:
  FakeFileSystem(
      std::uint64_t block_size, std::uint64_t blocks, spec::Recorder* recorder,
      std::pmr::memory_resource* memory = std::pmr::get_default_resource())
      : device(block_size * blocks), file(device, 7, block_size, memory, recorder) {
    for (std::uint64_t block = 0; block < blocks; ++block) free_.insert(block);
  }

  int begin(
      std::uint64_t pos, std::uint64_t length, const Request& request, Mapping& mapping,
      Mapping& source) override {
    ++begins;
    if (fail_begin != 0) return fail_begin;
    const std::uint64_t first = pos / file.block_size;
    const std::uint64_t last = (pos + length - 1) / file.block_size;
    const bool changes = request.write || request.zero;
    fresh_.clear();
    int error = 0;
    if (changes && cow.contains(first)) {
      map_cow(first, mapping, source);
    } else if (!data.contains(first)) {
      error = request.write && !request.unshare ? map_new(data, first, last, mapping)
                                                : map_hole(first, mapping);
    } else if (changes && shared.contains(first) && data[first].kind == Kind::mapped) {
      // No further than the source: no end would be called for blocks reserved past it.
      map_run(data, first, last, source);
      error = map_new(cow, first, source.end() / file.block_size - 1, mapping);
      mapping.is_shared = true;
    } else {
      map_run(data, first, std::numeric_limits<std::uint64_t>::max(), mapping);
    }
    if (error == 0) shorten(first, mapping);
    mapping.cookie = changes_;
    return error;
  }

  int end(
      std::uint64_t pos, std::uint64_t length, std::uint64_t written, const Request& request,
      const Mapping& mapping) override {
    ++ends;
    Fork& fork = mapping.is_shared ? cow : data;
    ref::iomap::release_unused(
        file, pos, length, written, request, mapping,
        [&](std::uint64_t from, std::uint64_t n) { punch(fork, from, n); });
    return fail_end;
  }

  bool valid(const Mapping& mapping) override {
    if (stale_answers > 0) {
      --stale_answers;
      return false;
    }
    return mapping.cookie == changes_;
  }

  int map_block(std::uint64_t pos, Mapping& mapping) override {
    const std::uint64_t block = pos / file.block_size;
    if (fail_map.erase(block) != 0) {
      for (Fork* fork : {&cow, &data}) drop_reservation(*fork, block);
      return -EIO;
    }
    const bool in_cow = cow.contains(block);
    Fork& fork = in_cow ? cow : data;
    if (!fork.contains(block)) {
      mapping = {.pos = pos, .length = file.block_size};
      return 0;
    }
    EXPECT_TRUE(in_cow || !shared.contains(block)) << "a shared block is written in place";
    FakeBlock& here = fork[block];
    if (here.kind == Kind::delalloc) {
      --reserved;
      here = {Kind::unwritten, take_free()};
      ++changes_;
    }
    map_run(fork, block, block, mapping);
    mapping.is_shared = in_cow;
    return 0;
  }

  int complete(const Ioend& run) override {
    ioends.push_back(run);
    const std::uint64_t end = spec::round_up(run.pos + run.length, file.block_size);
    for (std::uint64_t pos = run.pos; pos < end; pos += file.block_size) {
      complete_block(pos / file.block_size, run);
    }
    ++changes_;
    if (run.error == 0) disk_size = std::max(disk_size, run.pos + run.length);
    return run.error;
  }

  /// Frees what lies behind the blocks from byte `pos` on, which starts one.
  void free_from(std::uint64_t pos) {
    const std::uint64_t first = pos / file.block_size;
    for (Fork* fork : {&data, &cow}) {
      while (!fork->empty() && first <= fork->rbegin()->first) {
        const auto [block, what] = *fork->rbegin();
        if (fork == &data && shared.erase(block) != 0) {
          others.insert(what.device_block);
        } else {
          release(what);
        }
        fork->erase(block);
      }
    }
    ++changes_;
  }

  /// Another file shares the written blocks of [from, to): they must not be written in place.
  void share(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t block = from / file.block_size; block * file.block_size < to; ++block) {
      const auto at = data.find(block);
      if (at != data.end() && at->second.kind == Kind::mapped && !cow.contains(block)) {
        shared.insert(block);
      }
    }
    ++changes_;
  }

  std::uint64_t delayed() const {
    const auto count = [](const Fork& fork) {
      return std::ranges::count_if(
          fork, [](const auto& entry) { return entry.second.kind == Kind::delalloc; });
    };
    return static_cast<std::uint64_t>(count(data) + count(cow));
  }

  std::uint64_t free_blocks() const { return free_.size() - reserved; }
  const std::set<std::uint64_t>& free_device_blocks() const { return free_; }

  /// Somebody else changed the extents: all mappings are out of date.
  void change() { ++changes_; }

  MemoryDevice device;
  ref::iomap::File file;
  Fork data;
  Fork cow;
  std::set<std::uint64_t> shared;  ///< blocks of the file that another file shares
  std::set<std::uint64_t> others;  ///< device blocks of another file alone
  std::uint64_t reserved = 0;      ///< blocks
  std::uint64_t disk_size = 0;     ///< bytes
  std::vector<Ioend> ioends;
  std::uint64_t begins = 0;
  std::uint64_t ends = 0;

  // Its errors and limits.
  std::uint64_t mapping_blocks_max = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t stale_answers = 0;
  int fail_begin = 0;
  int fail_end = 0;
  std::set<std::uint64_t> fail_map;  ///< blocks; each fails once

 private:
  /// The end of the blocks from `first` on that are alike and contiguous on the device.
  void map_run(Fork& fork, std::uint64_t first, std::uint64_t last, Mapping& mapping) const {
    const FakeBlock start = fork[first];
    std::uint64_t block = first + 1;
    for (; block <= last; ++block) {
      FakeBlock next = start;
      if (start.kind != Kind::delalloc) next.device_block += block - first;
      const auto at = fork.find(block);
      if (at == fork.end() || at->second != next) break;
      if (&fork == &data && shared.contains(block) != shared.contains(first)) break;
    }
    mapping = {.kind = start.kind, .pos = first * file.block_size};
    mapping.length = (block - first) * file.block_size;
    if (start.kind != Kind::delalloc) mapping.device_pos = start.device_block * file.block_size;
    mapping.is_new = start.kind == Kind::delalloc && fresh_.contains(first);
  }

  int map_hole(std::uint64_t first, Mapping& mapping) const {
    const auto next = data.upper_bound(first);
    const std::uint64_t end = next == data.end() ? first + 1000 : next->first;
    mapping = {.pos = first * file.block_size, .length = (end - first) * file.block_size};
    return 0;
  }

  /// Reserves blocks [first, last] of the fork up to the next extent; in the CoW fork, only under
  /// shared blocks.
  int map_new(Fork& fork, std::uint64_t first, std::uint64_t last, Mapping& mapping) {
    if (mapping_blocks_max <= last - first) last = first + mapping_blocks_max - 1;
    std::uint64_t block = first;
    for (; block <= last; ++block) {
      if (fork.contains(block)) break;
      if (&fork == &cow && !shared.contains(block)) break;
      if (&fork == &data && cow.contains(block)) break;
    }
    if (free_blocks() < block - first) return -ENOSPC;
    for (std::uint64_t i = first; i < block; ++i) {
      fork[i] = {Kind::delalloc};
      fresh_.insert(i);
      ++reserved;
    }
    ++changes_;
    // Neighbours that were delayed before are not part of it (BEG-1).
    map_run(fork, first, block - 1, mapping);
    return 0;
  }

  void map_cow(std::uint64_t first, Mapping& mapping, Mapping& source) {
    map_run(cow, first, std::numeric_limits<std::uint64_t>::max(), mapping);
    mapping.is_shared = true;
    if (data.contains(first)) {
      map_run(data, first, std::numeric_limits<std::uint64_t>::max(), source);
    }
  }

  void shorten(std::uint64_t first, Mapping& mapping) const {
    if (mapping_blocks_max < std::numeric_limits<std::uint64_t>::max()) {
      const std::uint64_t end = (first + mapping_blocks_max) * file.block_size;
      mapping.length = std::min(mapping.end(), end) - mapping.pos;
    }
  }

  void punch(Fork& fork, std::uint64_t pos, std::uint64_t length) {
    for (std::uint64_t at = pos; at < pos + length; at += file.block_size) {
      const std::uint64_t block = at / file.block_size;
      EXPECT_TRUE(fresh_.contains(block)) << "block " << block << " was not reserved by this begin";
      drop_reservation(fork, block);
    }
    ++changes_;
  }

  void drop_reservation(Fork& fork, std::uint64_t block) {
    const auto at = fork.find(block);
    if (at == fork.end() || at->second.kind != Kind::delalloc) return;
    fork.erase(at);
    --reserved;
  }

  void complete_block(std::uint64_t block, const Ioend& run) {
    if (run.mapping.is_shared) {
      const FakeBlock fresh = cow[block];
      cow.erase(block);
      if (run.error != 0) return release(fresh);
      if (const auto old = data.find(block); old != data.end())
        others.insert(old->second.device_block);
      shared.erase(block);
      data[block] = {Kind::mapped, fresh.device_block};
    } else if (run.error == 0) {
      data[block].kind = Kind::mapped;
    }
  }

  void release(const FakeBlock& what) {
    if (what.kind == Kind::delalloc) {
      --reserved;
    } else {
      free_.insert(what.device_block);
    }
  }

  std::uint64_t take_free() {
    const std::uint64_t device_block = *free_.begin();
    free_.erase(free_.begin());
    return device_block;
  }

  std::set<std::uint64_t> free_;
  std::set<std::uint64_t> fresh_;  ///< blocks that the last begin reserved
  std::uint64_t changes_ = 1;
};

}  // namespace quire::tests
