// The files of a history on XFS, and the checks of their state between two steps.
#pragma once

#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/read_ops.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "tests/ref/contents.h"
#include "tests/ref/linux/xfs/xfs_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace quire::tests {

/// A file, its operations, and its expected contents.
struct XfsSubject {
  XfsSubject(ref::xfs::Mount& mount, Number number, ref::xfs::Owner owner)
      : inode(mount, number, owner), ops(inode), reads(inode), writeback(inode) {}

  Number size() const { return contents.size(); }

  ref::xfs::Inode inode;
  ref::xfs::BufferedWriteOps ops;
  ref::xfs::ReadOps reads;
  ref::xfs::WritebackOps writeback;
  std::vector<std::byte> contents;
};

using XfsSubjects = std::vector<std::unique_ptr<XfsSubject>>;

/// Checks the extents and the device of a volume.
class XfsState {
 public:
  explicit XfsState(XfsVolume& volume)
      : volume_(volume), mount_(volume.mount), poisoned_(mount_.space.blocks(), true) {}

  /// Each dirty block below the size has space of its own to be written to (DA-1). Returns how many
  /// of them will be copied.
  Number expect_backed(ref::xfs::Inode& inode) {
    Number copies = 0;
    for (Number pos = 0; pos < inode.size; pos += inode.block_size) {
      if (!is_dirty(inode, pos)) continue;
      const Number block = mount_.block_of(pos);
      const auto* copy = inode.cow.at_or_after(block);
      if (copy != nullptr && copy->covers(block)) {
        ++copies;
        continue;
      }
      const auto* data = inode.data.at_or_after(block);
      const bool has_space = data != nullptr && data->covers(block);
      EXPECT_TRUE(has_space) << "a dirty block without space";
      if (!has_space) return copies;
      if (data->state != ref::xfs::ExtentState::written) continue;
      EXPECT_EQ(mount_.space.owners(data->device_block + block - data->start), 1U)
          << "a dirty block would overwrite a shared one";
    }
    return copies;
  }

  /// Checks the files as a crash would leave them, the data forks up to the sizes on disk, for old
  /// bytes (CRASH-1). Fills blocks without an owner with garbage, so that old bytes show.
  void expect_safe_after_crash(const XfsSubjects& files) {
    for (Number at = 0; at < poisoned_.size(); ++at) {
      const bool is_free = mount_.space.owners(at) == 0;
      if (is_free && !poisoned_[at]) poison_block(at);
      poisoned_[at] = is_free;
    }
    for (const auto& file : files) {
      EXPECT_LE(file->inode.disk_size, file->inode.size);
      for (const auto& [start, extent] : file->inode.data.extents()) {
        if (extent.state != ref::xfs::ExtentState::written) continue;
        const Number end = std::min(file->inode.disk_size, mount_.bytes(extent.end()));
        if (end <= mount_.bytes(start)) continue;
        const auto bytes =
            std::span(volume_.device.bytes)
                .subspan(mount_.bytes(extent.device_block), end - mount_.bytes(start));
        EXPECT_FALSE(holds(bytes, MemoryDevice::kGarbage))
            << "a crash would show old bytes of block " << start;
      }
    }
  }

 private:
  void poison_block(Number device_block) {
    const auto first = volume_.device.bytes.begin() + static_cast<long>(mount_.bytes(device_block));
    std::fill_n(first, mount_.block_size(), MemoryDevice::kGarbage);
  }

  XfsVolume& volume_;
  ref::xfs::Mount& mount_;
  std::vector<bool> poisoned_;
};

}  // namespace quire::tests
