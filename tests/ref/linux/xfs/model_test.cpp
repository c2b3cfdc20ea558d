// Long random histories of files of one XFS: each is at all times what a vector of bytes says it
// is, the accounts agree after every step, and a crash at any step shows no old bytes.
#include "ref/linux/iomap/buffered_read.h"
#include "ref/linux/iomap/buffered_write.h"
#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/page_mkwrite.h"
#include "ref/linux/iomap/writeback.h"
#include "ref/linux/iomap/zero_range.h"
#include "ref/linux/xfs/block_gc.h"
#include "ref/linux/xfs/bmap.h"
#include "ref/linux/xfs/read_ops.h"
#include "ref/linux/xfs/reflink.h"
#include "ref/linux/xfs/writeback_ops.h"
#include "tests/ref/linux/xfs/xfs_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <ostream>
#include <random>
#include <string>

namespace quire::tests {
namespace {

using Contents = std::vector<std::byte>;
using ref::NotedLock;
using ref::xfs::Inode;
using IolockHeld = NotedLock<spec::Iolock>;
using InvalidateHeld = NotedLock<spec::InvalidateLock>;

constexpr Number kLengthMax = 120'000;  // bytes of a file

/// How a history is set up.
struct Setting {
  std::string name;
  ref::xfs::MountOptions options;
  Number folio_pages = 1;
  Number extent_size_hint = 0;  // blocks, of the first file
  Number device_bytes = 300'000;
};

/// A file, its operations, and its expected contents.
struct Subject {
  Subject(ref::xfs::Mount& mount, Number number, ref::xfs::Owner owner)
      : inode(mount, number, owner), ops(inode), reads(inode), writeback(inode) {}

  Number size() const { return contents.size(); }

  Inode inode;
  ref::xfs::BufferedWriteOps ops;
  ref::xfs::ReadOps reads;
  ref::xfs::WritebackOps writeback;
  Contents contents;
};

class XfsHistory {
 public:
  XfsHistory(const Setting& setting, Number seed)
      : volume_(setting.options, setting.device_bytes / setting.options.block_size),
        mount_(volume_.mount),
        poisoned_(mount_.space.blocks(), true),
        random_(seed) {
    volume_.judge.keeps_steps = false;
    volume_.judge.on_step = [this](const spec::Step& step) {
      const bool changes_extents = std::holds_alternative<spec::Completion<Number>>(step) ||
                                   std::holds_alternative<spec::DelayedConversion<Number>>(step) ||
                                   std::holds_alternative<spec::BlockGcFile<Number>>(step);
      if (changes_extents) crash();
    };
    for (Number i = 0; i < 3; ++i) {
      const ref::xfs::Owner owner{.user = i == 2 ? 2U : 1U, .group = 5, .project = 6};
      files_.push_back(std::make_unique<Subject>(mount_, i, owner));
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
    Subject& file = *files_[below(3)];
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
    expect_backed(file.inode);
    crash();
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

  Contents read(Subject& file) {
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
  void learn(Subject& file) {
    file.contents.resize(file.inode.size);
    file.contents = read(file);
    EXPECT_EQ(std::ranges::count(file.contents, MemoryDevice::kGarbage), 0);
  }

  /// All of [from, to) reads as zero, and still does when it has been to the device (ZR-1,
  /// compare_with_the_device()). Requires the IOLOCK; zeroing comes with the invalidate lock held
  /// (DA-5).
  int zero_locked(Subject& file, Number from, Number to) {
    if (to <= from) return 0;
    const InvalidateHeld lock(file.inode.recorder, file.inode.number);
    return zero_range(file.inode, file.ops, file.writeback, from, to - from, nullptr);
  }

  void write(Subject& file) {
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

  void sync(Subject& file) {
    EXPECT_EQ(writepages(file.inode, file.writeback, 0, spec::kFileSizeMax), 0);
    for (Number pos = 0; pos < file.size(); pos += file.inode.block_size) {
      EXPECT_FALSE(is_dirty(file.inode, pos));
    }
  }

  void fail_writeback(Subject& file) {
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

  void truncate(Subject& file) {
    Inode& inode = file.inode;
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

  void zero(Subject& file) {
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
  void store(Subject& file) {
    if (file.size() == 0) return;
    const Number pos = any_position(file.size());
    {
      const NotedLock<spec::UserMemory> memory(file.inode.recorder, 0);
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

  void share(Subject& from, Subject& to) {
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
    Inode& first = from.inode.number < to.inode.number ? from.inode : to.inode;
    Inode& second = &first == &from.inode ? to.inode : from.inode;
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

  void unshare(Subject& file) {
    if (file.size() == 0) return;
    const Number from = any_position(file.size());
    const Number length = std::min(file.size() - from, 1 + below(30'000));
    const IolockHeld lock(file.inode.recorder, file.inode.number);
    const InvalidateHeld cache_lock(file.inode.recorder, file.inode.number);
    const int error = ref::iomap::unshare(file.inode, file.ops, from, length);
    EXPECT_TRUE(error == 0 || is_full(error)) << error;
  }

  void collect(Subject& file) {
    if (below(2) == 0) {
      collect_quota(file.inode);
    } else {
      collect_blocks(mount_, {});
    }
  }

  /// Each dirty block below the size has space of its own to go to (DA-1).
  void expect_backed(Inode& inode) {
    for (Number pos = 0; pos < inode.size; pos += inode.block_size) {
      if (!is_dirty(inode, pos)) continue;
      const Number block = mount_.block_of(pos);
      const auto* copy = inode.cow.at_or_after(block);
      if (copy != nullptr && copy->covers(block)) {
        ++copies;
        continue;
      }
      const auto* data = inode.data.at_or_after(block);
      ASSERT_TRUE(data != nullptr && data->covers(block)) << "a dirty block without space";
      if (data->state != ref::xfs::ExtentState::written) continue;
      EXPECT_EQ(mount_.space.owners(data->device_block + block - data->start), 1U)
          << "a dirty block would overwrite a shared one";
    }
  }

  /// The files after a crash: the data forks up to the sizes on disk, without old bytes (CRASH-1).
  /// Blocks without an owner are filled with garbage, so that old bytes show.
  void crash() {
    for (Number at = 0; at < poisoned_.size(); ++at) {
      const bool is_free = mount_.space.owners(at) == 0;
      if (is_free && !poisoned_[at]) poison_block(at);
      poisoned_[at] = is_free;
    }
    for (const auto& file : files_) {
      EXPECT_LE(file->inode.disk_size, file->inode.size);
      for (const auto& [start, extent] : file->inode.data.extents()) {
        if (extent.state != ref::xfs::ExtentState::written) continue;
        const Number end = std::min(file->inode.disk_size, mount_.bytes(extent.end()));
        if (end <= mount_.bytes(start)) continue;
        const auto first =
            volume_.device.bytes.begin() + static_cast<long>(mount_.bytes(extent.device_block));
        const auto last = first + static_cast<long>(end - mount_.bytes(start));
        EXPECT_EQ(std::find(first, last, MemoryDevice::kGarbage), last)
            << "a crash would show old bytes of block " << start;
      }
    }
  }

  void poison_block(Number device_block) {
    const auto first = volume_.device.bytes.begin() + static_cast<long>(mount_.bytes(device_block));
    std::fill_n(first, mount_.block_size(), MemoryDevice::kGarbage);
  }

  XfsVolume volume_;
  ref::xfs::Mount& mount_;
  std::vector<bool> poisoned_;
  std::vector<std::unique_ptr<Subject>> files_;
  std::mt19937_64 random_;
};

ref::xfs::MountOptions small_blocks() {
  ref::xfs::MountOptions options;
  options.block_size = 1024;
  options.index = {.records_per_block = 4, .levels_max = 3};
  options.run_max = 7;
  options.quota_enforced = {true, true, false};
  return options;
}

std::vector<Setting> settings() {
  std::vector<Setting> all;
  all.push_back({.name = "SmallBlocks", .options = small_blocks()});
  all.push_back({.name = "LargeFolios", .options = small_blocks(), .folio_pages = 8});
  all.push_back({.name = "AlwaysCow", .options = small_blocks()});
  all.back().options.always_cow = true;
  all.push_back({.name = "FixedPreallocation", .options = small_blocks()});
  all.back().options.allocsize = 16384;
  all.back().options.stripe = 8192;
  all.push_back({.name = "ExtentSizeHint", .options = small_blocks(), .extent_size_hint = 6});
  all.push_back({.name = "PageBlocks", .options = {}, .folio_pages = 4, .device_bytes = 600'000});
  return all;
}

void PrintTo(const Setting& setting, std::ostream* out) { *out << setting.name; }

class XfsModel : public testing::TestWithParam<Setting> {};

TEST_P(XfsModel, HoldsThroughAnyHistory) {
  Number full = 0, over_quota = 0, short_writes = 0, shares = 0, copies = 0, failures = 0;
  for (Number seed = 0; seed < 30; ++seed) {
    XfsHistory history(GetParam(), seed);
    for (int i = 0; i < 150; ++i) {
      history.step();
      if (i % 10 == 0) history.compare();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << i;
    }
    history.compare_with_the_device();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    full += history.full;
    over_quota += history.over_quota;
    short_writes += history.short_writes;
    shares += history.shares;
    copies += history.copies;
    failures += history.failures;
  }
  // The histories reach what they are for.
  EXPECT_LT(0U, full + over_quota);
  EXPECT_LT(0U, short_writes);
  EXPECT_LT(0U, shares);
  EXPECT_LT(0U, copies);
  EXPECT_LT(0U, failures);
}

INSTANTIATE_TEST_SUITE_P(Settings, XfsModel, testing::ValuesIn(settings()), [](const auto& one) {
  return one.param.name;
});

}  // namespace
}  // namespace quire::tests
