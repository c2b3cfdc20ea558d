// A long random history of files of one XFS: each is at all times what a vector of bytes says it
// is, the accounts agree after every step, and a crash at any step shows no old bytes.
#pragma once

#include "ref/linux/iomap/buffered_read.h"
#include "ref/linux/iomap/buffered_write.h"
#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/page_mkwrite.h"
#include "ref/linux/iomap/writeback.h"
#include "ref/linux/iomap/zero_range.h"
#include "ref/linux/xfs/block_gc.h"
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/reflink.h"
#include "tests/ref/contents.h"
#include "tests/ref/linux/xfs/history_state.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <variant>

namespace quire::tests {

/// How a history is set up.
struct XfsSetting {
  std::string name;
  ref::xfs::MountOptions options;
  Number folio_pages = 1;
  Number extent_size_hint = 0;  // blocks, of the first file
  Number device_bytes = 300'000;
};

/// For messages of GoogleTest.
inline void PrintTo(const XfsSetting& setting, std::ostream* out) { *out << setting.name; }

class XfsHistory {
 public:
  XfsHistory(const XfsSetting& setting, Number seed)
      : volume_(setting.options, setting.device_bytes / setting.options.block_size),
        mount_(volume_.mount),
        state_(volume_),
        random_(seed) {
    volume_.judge.keeps_steps = false;
    volume_.judge.on_step = [this](const spec::Step& step) {
      const bool changes_extents = std::holds_alternative<spec::Completion<Number>>(step) ||
                                   std::holds_alternative<spec::DelayedConversion<Number>>(step) ||
                                   std::holds_alternative<spec::BlockGcFile<Number>>(step);
      if (changes_extents) state_.expect_safe_after_crash(files_);
    };
    for (Number i = 0; i < 3; ++i) {
      const ref::xfs::Owner owner{.user = i == 2 ? 2U : 1U, .group = 5, .project = 6};
      files_.push_back(std::make_unique<XfsSubject>(mount_, i, owner));
      files_.back()->inode.folio_size_max = setting.folio_pages * spec::kPageSize;
    }
    files_[0]->inode.extent_size_hint = setting.extent_size_hint;
    const Number blocks = mount_.space.blocks();
    mount_.quotas.find(ref::xfs::QuotaType::user, 1).set_limits(blocks / 3, blocks / 2);
    mount_.quotas.find(ref::xfs::QuotaType::group, 5).set_limits(0, blocks * 9 / 10);
  }

  ~XfsHistory() {
    volume_.judge.on_step = nullptr;
    files_.clear();
    EXPECT_EQ(mount_.space.free(), mount_.space.blocks()) << "blocks are lost";
    for (const auto& [key, dquot] : mount_.quotas.records()) EXPECT_EQ(dquot.reserved(), 0U);
  }

  void step() {
    XfsSubject& file = *files_[below(3)];
    switch (below(16)) {
      case 0: truncate(file); break;
      case 1: sync(file); break;
      case 2: file.inode.pages.drop_clean(); break;
      case 3: zero(file); break;
      case 4: store(file); break;
      case 5:
      case 6: share(file, *files_[below(3)]); break;
      case 7: unshare(file); break;
      case 8: collect(file); break;
      case 9: fail_writeback(file); break;
      default: write(file); break;
    }
    record_ledger(mount_);
    EXPECT_TRUE(volume_.judge.judge.holds_nothing());
    EXPECT_EQ(file.inode.size, file.size());
    copies += state_.expect_backed(file.inode);
    state_.expect_safe_after_crash(files_);
  }

  void compare() {
    for (auto& file : files_) {
      EXPECT_TRUE(read(*file) == file->contents) << "file " << file->inode.number;
    }
  }

  void compare_with_the_device() {
    for (auto& file : files_) {
      sync(*file);
      file->inode.pages.drop_clean();
    }
    compare();
  }

  Number full = 0, over_quota = 0, short_writes = 0, shares = 0, copies = 0, failures = 0;

 private:
  using Contents = std::vector<std::byte>;
  using IolockHeld = ref::NotedLock<spec::Iolock>;
  using InvalidateHeld = ref::NotedLock<spec::InvalidateLock>;
  static constexpr Number kLengthMax = 120'000;  ///< bytes of a file

  Number below(Number n) { return random_() % n; }

  /// Leans to the edges of blocks and pages.
  Number any_position(Number end = kLengthMax) {
    const Number any = below(end);
    return below(2) == 0 ? any : any / 1024 * 1024;
  }

  bool is_full(std::int64_t answer) {
    full += answer == -ENOSPC;
    over_quota += answer == -EDQUOT;
    return answer == -ENOSPC || answer == -EDQUOT;
  }

  Contents read(XfsSubject& file) {
    Contents bytes(file.size());
    if (bytes.empty()) return bytes;
    ref::IovIter iter({{bytes.data(), bytes.size()}});
    std::optional<IolockHeld> lock;
    if (!mount_.recorder.holds<spec::Iolock>()) {
      lock.emplace(file.inode.recorder, file.inode.number);
    }
    EXPECT_EQ(
        file_buffered_read(file.inode, file.reads, iter, 0),
        static_cast<std::int64_t>(bytes.size()));
    return bytes;
  }

  /// After an error the contents are the file's; its old bytes never show.
  void learn(XfsSubject& file) {
    file.contents.resize(file.inode.size);
    file.contents = read(file);
    EXPECT_FALSE(holds(file.contents, MemoryDevice::kGarbage));
  }

  /// All of [from, to) reads as zero, and still does when it has been to the device (ZR-1,
  /// compare_with_the_device()). Requires the IOLOCK; zeroing comes with the invalidate lock held
  /// (DA-5).
  int zero_locked(XfsSubject& file, Number from, Number to) {
    if (to <= from) return 0;
    const InvalidateHeld lock(file.inode.recorder, file.inode.number);
    return zero_range(file.inode, file.ops, file.writeback, from, to - from, nullptr);
  }

  void write(XfsSubject& file) {
    const Number pos = below(3) == 0 ? any_position() : any_position(file.size() + 1);
    const Number readable =
        below(10) == 0 ? 0 : 1 + below(std::min<Number>(kLengthMax - pos, 50'000));
    const Number beyond = below(3) == 0 ? 1 + below(9000) : 0;
    if (readable + beyond == 0) return;
    EdgeBuffer source(readable);
    for (Number i = 0; i < readable; ++i) source.data()[i] = std::byte(1 + below(200));
    const IolockHeld lock(file.inode.recorder, file.inode.number);
    if (const int error = zero_locked(file, file.inode.size, pos); error != 0) {
      EXPECT_TRUE(is_full(error)) << error;
      return;
    }
    const Number free_before = mount_.space.free();
    ref::IovIter iter({{source.data(), readable + beyond}});
    const std::int64_t n = file_buffered_write(file.inode, file.ops, iter, pos, {.write = true});
    if (n < 0) {
      EXPECT_TRUE(is_full(n) || (n == -EFAULT && readable == 0)) << n;
      // Without space nothing has changed: each fork has released what begin reserved (DA-4). A
      // copy that faults leaves the preallocation.
      EXPECT_TRUE(n == -EFAULT || free_before == mount_.space.free());
      return;
    }
    short_writes += static_cast<Number>(n) < readable + beyond;
    file.contents.resize(std::max<Number>(file.size(), pos + static_cast<Number>(n)));
    std::copy_n(source.data(), n, file.contents.begin() + static_cast<long>(pos));
  }

  void sync(XfsSubject& file) {
    EXPECT_EQ(writepages(file.inode, file.writeback, 0, spec::kFileSizeMax), 0);
    for (Number pos = 0; pos < file.size(); pos += file.inode.block_size) {
      EXPECT_FALSE(is_dirty(file.inode, pos));
    }
  }

  void fail_writeback(XfsSubject& file) {
    const Number first = volume_.device.writes + 1 + below(3);
    volume_.device.failing_writes = {first, first + 1};
    const int error = writepages(file.inode, file.writeback, 0, spec::kFileSizeMax);
    volume_.device.failing_writes.clear();
    EXPECT_TRUE(error == 0 || error == -EIO) << error;
    if (error == 0) return;
    ++failures;
    file.inode.pages.drop_clean();
    learn(file);
  }

  void truncate(XfsSubject& file) {
    ref::xfs::Inode& inode = file.inode;
    const IolockHeld lock(inode.recorder, inode.number);
    const Number size = any_position();
    if (inode.size < size) {
      if (zero_locked(file, inode.size, size) != 0) return learn(file);
    } else {
      const InvalidateHeld cache_lock(inode.recorder, inode.number);
      if (truncate_page(inode, file.ops, file.writeback, size, nullptr) != 0) return;
    }
    sync(file);
    const bool shrinks = size < inode.size;
    inode.size = size;
    inode.disk_size = size;
    if (shrinks) {
      const InvalidateHeld cache_lock(inode.recorder, inode.number);
      ref::iomap::truncate_pagecache_range(inode, size, spec::kFileSizeMax);
      free_blocks_past(inode, size);
    }
    file.contents.resize(size);
  }

  void zero(XfsSubject& file) {
    const Number from = any_position(file.size() + 1);
    const Number to = std::min(file.size(), from + below(30'000));
    if (to <= from) return;
    const IolockHeld lock(file.inode.recorder, file.inode.number);
    if (const int error = zero_locked(file, from, to); error != 0) {
      EXPECT_TRUE(is_full(error)) << error;
      return learn(file);  // a part of it may be zero
    }
    std::fill(
        file.contents.begin() + static_cast<long>(from),
        file.contents.begin() + static_cast<long>(to), std::byte{0});
  }

  /// Through a mapping, also past the size, where no reader must ever see it.
  void store(XfsSubject& file) {
    if (file.size() == 0) return;
    const Number pos = any_position(file.size());
    {
      const ref::NotedLock<spec::UserMemory> memory(file.inode.recorder, 0);
      const InvalidateHeld lock(file.inode.recorder, file.inode.number);
      const int error = page_mkwrite(file.inode, file.reads, file.ops, pos);
      if (error != 0) {
        EXPECT_TRUE(is_full(error)) << error;
        return;
      }
    }
    const Number page_end = spec::round_up(pos + 1, spec::kPageSize);
    const Number end = std::min(page_end, pos + 1 + below(3000));
    std::ranges::fill(file.inode.pages.find(pos)->bytes(pos, end), std::byte{0x5a});
    const Number seen = std::min(end, file.size());
    std::fill(
        file.contents.begin() + static_cast<long>(pos),
        file.contents.begin() + static_cast<long>(seen), std::byte{0x5a});
  }

  void share(XfsSubject& from, XfsSubject& to) {
    if (from.size() == 0) return;
    sync(from);
    const Number block = mount_.block_size();
    const Number from_pos = any_position(from.size()) / block * block;
    Number length = std::min(from.size() - from_pos, 1 + below(40'000));
    const Number to_pos = any_position() / block * block;
    const bool to_end = from_pos + length == from.size() && to.size() <= to_pos + length;
    if (!to_end) length = length / block * block;
    const bool is_same = &from == &to;
    const bool overlaps = from_pos < to_pos + length && to_pos < from_pos + length;
    if (length == 0 || kLengthMax < to_pos + length || (is_same && overlaps)) return;
    ref::xfs::Inode& first = from.inode.number < to.inode.number ? from.inode : to.inode;
    ref::xfs::Inode& second = &first == &from.inode ? to.inode : from.inode;
    const IolockHeld lock(first.recorder, first.number);
    std::optional<IolockHeld> other;
    if (!is_same) other.emplace(second.recorder, second.number);
    const Number gap_end = std::max<Number>(to_pos, to.inode.size);
    if (const int error = zero_locked(to, to.inode.size, gap_end); error != 0) {
      EXPECT_TRUE(is_full(error)) << error;
      return;
    }
    sync(to);
    to.inode.pages.drop_clean();
    const Contents bytes(
        from.contents.begin() + static_cast<long>(from_pos),
        from.contents.begin() + static_cast<long>(from_pos + length));
    const int error = share_range(from.inode, from_pos, to.inode, to_pos, length);
    EXPECT_TRUE(error == 0 || error == -EDQUOT) << error;
    if (error != 0) return learn(to);
    ++shares;
    to.contents.resize(std::max<Number>(to.size(), to_pos + length));
    std::ranges::copy(bytes, to.contents.begin() + static_cast<long>(to_pos));
  }

  void unshare(XfsSubject& file) {
    if (file.size() == 0) return;
    const Number from = any_position(file.size());
    const Number length = std::min(file.size() - from, 1 + below(30'000));
    const IolockHeld lock(file.inode.recorder, file.inode.number);
    const InvalidateHeld cache_lock(file.inode.recorder, file.inode.number);
    const int error = ref::iomap::unshare(file.inode, file.ops, from, length);
    EXPECT_TRUE(error == 0 || is_full(error)) << error;
  }

  void collect(XfsSubject& file) {
    if (below(2) == 0) {
      collect_quota(file.inode);
    } else {
      collect_blocks(mount_, {});
    }
  }

  XfsVolume volume_;
  ref::xfs::Mount& mount_;
  XfsState state_;
  XfsSubjects files_;
  std::mt19937_64 random_;
};

}  // namespace quire::tests
