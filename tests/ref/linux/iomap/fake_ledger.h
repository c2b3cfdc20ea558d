// The account of the fake file system's space, held against what is cached.
#pragma once

#include "tests/ref/linux/iomap/fake_file_system.h"

#include <gtest/gtest.h>

namespace quire::tests {

inline bool is_dirty(FakeFileSystem& fs, std::uint64_t block) {
  const std::uint64_t pos = block * fs.file.block_size;
  ref::Folio* const folio = fs.file.pages.find(pos);
  return folio != nullptr && folio->blocks[(pos - folio->pos()) / fs.file.block_size].dirty;
}

/// Each block of the device is free, the file's or another file's, and only one of them.
inline void expect_blocks(FakeFileSystem& fs) {
  std::vector<std::uint64_t> held(fs.free_device_blocks().begin(), fs.free_device_blocks().end());
  held.insert(held.end(), fs.others.begin(), fs.others.end());
  for (const Fork* fork : {&fs.data, &fs.cow}) {
    for (const auto& [block, what] : *fork) {
      if (what.kind != Kind::delalloc) held.push_back(what.device_block);
    }
  }
  EXPECT_EQ(held.size(), fs.device.size() / fs.file.block_size) << "a block is lost, or held twice";
  std::ranges::sort(held);
  EXPECT_EQ(std::ranges::adjacent_find(held), held.end()) << "a block is held twice";
}

/// Each reservation has a delayed block, each delayed block a dirty one in the cache below the
/// file's size, and each dirty one there has space (DA-1, O4).
inline void expect_ledger(FakeFileSystem& fs) {
  expect_blocks(fs);
  EXPECT_EQ(fs.reserved, fs.delayed());
  for (const Fork* fork : {&fs.data, &fs.cow}) {
    for (const auto& [block, what] : *fork) {
      if (what.kind != Kind::delalloc) continue;
      EXPECT_TRUE(is_dirty(fs, block)) << "block " << block << " is reserved and not dirty";
      EXPECT_LT(block * fs.file.block_size, fs.file.size);
    }
  }
  for (const auto& [index, folio] : fs.file.pages.folios()) {
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      const std::uint64_t block = folio.block_pos(i) / fs.file.block_size;
      if (!folio.blocks[i].dirty || fs.file.size <= folio.block_pos(i)) continue;
      EXPECT_TRUE(fs.data.contains(block) || fs.cow.contains(block))
          << "block " << block << " is dirty and has no space";
    }
  }
}

}  // namespace quire::tests
