// Files of an XFS volume against shadows of their bytes: random calls, judged throughout.
#pragma once

#include "tests/ref/contents.h"
#include "tests/ref/linux/xfs/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/falloc.h>

#include <algorithm>
#include <array>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace quire::tests {

/// Where the volume is, and what can go wrong on it.
struct XfsWorld {
  std::string name;
  std::uint64_t block_size = 4096;
  std::uint64_t blocks = 4096;
  bool full = false;   ///< space may run out
  bool quota = false;  ///< and so may the owner's quota
  bool clones = true;  ///< files share blocks
  bool always_cow = false;
  std::uint64_t folio_size_max = 4096;  ///< bytes
  std::uint64_t allocsize = 0;          ///< bytes
};

/// For messages of GoogleTest.
inline void PrintTo(const XfsWorld& world, std::ostream* out) { *out << world.name; }

inline constexpr std::uint64_t kFiles = 3;
inline constexpr std::uint64_t kReach = 300'000;  ///< bytes; no file is made longer

/// A few files of a volume, with a shadow of the bytes of each.
class XfsShadowedFiles {
 public:
  XfsShadowedFiles(const XfsWorld& world, std::uint64_t seed)
      : world_(world), random_(seed), on_(options(world), world.blocks) {
    for (std::uint64_t i = 0; i < kFiles; ++i) {
      files_.push_back(on_.volume->open(i + 1, {.caller = &caller_}, {.user = 7}));
      on_.volume->node(i + 1).inode.folio_size_max = world.folio_size_max;
      shadows_.emplace_back();
    }
    if (world.quota) {
      on_.volume->mount().quotas.find(ref::xfs::QuotaType::user, 7).set_limits(0, 200);
    }
  }

  /// One call, and what it must have done. Text for a failure.
  std::string step() {
    which_ = below(kFiles);
    std::ostringstream what;
    const std::uint64_t kind = below(100);
    if (kind < 45) {
      write_some(what);
    } else if (kind < 55) {
      truncate_some(what);
    } else if (kind < 75) {
      allocate_some(what);
    } else if (kind < 82 && world_.clones) {
      clone_some(what);
    } else if (kind < 88) {
      what << "fsync " << which_;
      EXPECT_EQ(file().fsync(), 0);
    } else if (kind < 94) {
      what << "drop_cache " << which_;
      file().drop_cache();
    } else {
      what << "seek " << which_;
      seek_some();
    }
    on_.settled();
    EXPECT_EQ(file().size(), static_cast<std::int64_t>(shadow().size())) << what.str();
    compare(which_, what.str());
    if (below(20) == 0) {
      for (std::uint64_t i = 0; i < kFiles; ++i) compare(i, what.str());
    }
    return what.str();
  }

  /// Every file is what it should be on the device, too.
  void finish() {
    for (std::uint64_t i = 0; i < kFiles; ++i) {
      EXPECT_EQ(files_[i].fsync(), 0);
      files_[i].drop_cache();
      compare(i, "at the end");
      EXPECT_EQ(on_.volume->node(i + 1).inode.disk_size, shadows_[i].size());
    }
    on_.settled();
  }

  std::uint64_t full_answers = 0;

 private:
  static ref::xfs::MountOptions options(const XfsWorld& world) {
    ref::xfs::MountOptions options;
    options.block_size = world.block_size;
    options.always_cow = world.always_cow;
    options.allocsize = world.allocsize;
    options.quota_enforced[0] = world.quota;
    return options;
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  ref::xfs::File& file() { return files_[which_]; }
  Contents& shadow() { return shadows_[which_]; }
  bool may_fill_up() const { return world_.full || world_.quota; }

  std::uint64_t any_position() {
    const std::uint64_t pos = below(kReach);
    switch (below(4)) {
      case 0: return spec::round_down(pos, world_.block_size);
      case 1: return spec::round_down(pos, std::uint64_t{4096}) + (below(3) - 1) % 4096 % kReach;
      case 2: return std::min<std::uint64_t>(shadow().size() + below(3), kReach);
      default: return pos;
    }
  }

  void write_some(std::ostringstream& what) {
    const std::uint64_t pos = std::min(any_position(), kReach);
    const std::uint64_t n = 1 + below(below(3) == 0 ? 60'000 : 6000);
    const std::uint64_t readable = below(5) == 0 ? below(n + 1) : n;
    int flags = 0;
    if (below(6) == 0) flags |= RWF_APPEND;
    if (below(8) == 0) flags |= RWF_NOWAIT;
    if (below(10) == 0) flags |= below(2) == 0 ? RWF_DSYNC : RWF_SYNC;
    if (kReach < shadow().size() + n && (flags & RWF_APPEND) != 0) flags &= ~RWF_APPEND;

    const EdgeBuffer buffer(std::max<std::uint64_t>(readable, 1));
    std::byte* const source = readable == 0 ? buffer.edge() : buffer.data();
    for (std::uint64_t i = 0; i < readable; ++i) source[i] = std::byte(1 + (stamp_ + i) % 199);
    stamp_ += 37;
    const std::uint64_t start = (flags & RWF_APPEND) != 0 ? shadow().size() : pos;
    const std::int64_t result = write(file(), source, n, static_cast<std::int64_t>(pos), flags);
    what << "write " << which_ << " at " << start << ": " << n << " (" << readable
         << " readable), flags " << flags << ", size " << shadow().size() << " = " << result;
    judge_result(result, n, readable, flags, what.str());
    if (result <= 0) return;
    const std::uint64_t end = start + static_cast<std::uint64_t>(result);
    if (shadow().size() < end) shadow().resize(end);
    std::copy_n(source, result, shadow().begin() + static_cast<std::ptrdiff_t>(start));
  }

  void judge_result(
      std::int64_t result, std::uint64_t n, std::uint64_t readable, int flags,
      const std::string& what) {
    if (result == -ENOSPC || result == -EDQUOT) {
      EXPECT_TRUE(may_fill_up()) << what;
      ++full_answers;
    } else if (result == -EAGAIN) {
      EXPECT_NE(flags & RWF_NOWAIT, 0) << what;
    } else if (result == -EFAULT) {
      EXPECT_EQ(readable, 0u) << what;
    } else {
      EXPECT_LT(0, result) << what;
      EXPECT_LE(result, static_cast<std::int64_t>(readable)) << what;
      if (result < static_cast<std::int64_t>(readable)) {
        EXPECT_TRUE(may_fill_up() || (flags & RWF_NOWAIT) != 0 || readable < n) << what;
      }
    }
  }

  void truncate_some(std::ostringstream& what) {
    const std::uint64_t size = any_position();
    const int error = file().ftruncate(static_cast<std::int64_t>(size));
    what << "truncate " << which_ << " from " << shadow().size() << " to " << size << " = "
         << error;
    if (error != 0) {
      EXPECT_TRUE(may_fill_up() && (error == -ENOSPC || error == -EDQUOT)) << what.str();
      return adopt();
    }
    shadow().resize(size);
  }

  void allocate_some(std::ostringstream& what) {
    static constexpr std::array kModes{
        0,
        FALLOC_FL_KEEP_SIZE,
        FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
        FALLOC_FL_ZERO_RANGE,
        FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
        FALLOC_FL_UNSHARE_RANGE,
        FALLOC_FL_COLLAPSE_RANGE,
        FALLOC_FL_INSERT_RANGE};
    const int mode = kModes[below(kModes.size())];
    std::uint64_t pos = any_position();
    std::uint64_t length = 1 + below(40'000);
    const bool shifts = (mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) != 0;
    if (shifts && below(8) != 0) {
      pos = spec::round_down(std::min<std::uint64_t>(pos, shadow().size()), world_.block_size);
      length = spec::round_up(length, world_.block_size);
    }
    const Contents before = shadow();
    const int error =
        file().fallocate(mode, static_cast<std::int64_t>(pos), static_cast<std::int64_t>(length));
    what << "fallocate " << which_ << " mode " << mode << " [" << pos << ", " << pos + length
         << "), size " << before.size() << " = " << error;
    if (error == -EINVAL) {
      const bool aligned = pos % world_.block_size == 0 && length % world_.block_size == 0;
      const bool inside =
          mode == FALLOC_FL_INSERT_RANGE ? pos < before.size() : pos + length < before.size();
      EXPECT_TRUE(shifts && !(aligned && inside)) << what.str();
      return;
    }
    if (error != 0) {
      EXPECT_TRUE(may_fill_up() && (error == -ENOSPC || error == -EDQUOT)) << what.str();
      return adopt();
    }
    apply(mode, pos, pos + length);
  }

  void apply(int mode, std::uint64_t pos, std::uint64_t end) {
    const auto at = [&](std::uint64_t p) {
      return shadow().begin() + static_cast<std::ptrdiff_t>(p);
    };
    const std::uint64_t size = shadow().size();
    if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0 && pos < size) {
      std::fill(at(pos), at(std::min(end, size)), std::byte{0});
    }
    if (mode == FALLOC_FL_COLLAPSE_RANGE) {
      shadow().erase(at(pos), at(end));
    } else if (mode == FALLOC_FL_INSERT_RANGE) {
      shadow().insert(at(pos), end - pos, std::byte{0});
    } else if ((mode & FALLOC_FL_KEEP_SIZE) == 0 && size < end) {
      shadow().resize(end);
    }
  }

  void clone_some(std::ostringstream& what) {
    const std::uint64_t from = below(kFiles);
    const std::uint64_t size = shadows_[from].size();
    const std::uint64_t from_pos = spec::round_down(below(size + 1), world_.block_size);
    const std::uint64_t to_pos = spec::round_down(any_position(), world_.block_size);
    std::uint64_t length = spec::round_down(below(size - from_pos + 1), world_.block_size);
    if (below(3) == 0) length = size - from_pos;
    const int error = file().clone_range(files_[from], from_pos, length, to_pos);
    what << "clone " << from << " [" << from_pos << ", +" << length << ") of " << size << " to "
         << which_ << " at " << to_pos << ", size " << shadow().size() << " = " << error;
    if (length == 0) length = size - from_pos;
    if (error == -EINVAL) {
      const bool overlap =
          from == which_ && from_pos < to_pos + length && to_pos < from_pos + length;
      const bool tail = length % world_.block_size != 0 && to_pos + length < shadow().size();
      EXPECT_TRUE(overlap || tail) << what.str();
      return;
    }
    if (error != 0) {
      EXPECT_TRUE(may_fill_up() && (error == -ENOSPC || error == -EDQUOT)) << what.str();
      return adopt();
    }
    if (length == 0) return;
    const Contents source = shadows_[from];
    if (shadow().size() < to_pos + length) shadow().resize(to_pos + length);
    std::copy_n(
        source.begin() + static_cast<std::ptrdiff_t>(from_pos), length,
        shadow().begin() + static_cast<std::ptrdiff_t>(to_pos));
  }

  /// No byte that is not zero lies in a hole, and answers follow one another.
  void seek_some() {
    const auto size = static_cast<std::int64_t>(shadow().size());
    std::int64_t pos = 0;
    while (pos < size) {
      const std::int64_t data = file().lseek(pos, SEEK_DATA);
      const std::int64_t hole_end = data == -ENXIO ? size : data;
      ASSERT_LE(pos, hole_end);
      for (; pos < hole_end; ++pos) {
        ASSERT_EQ(shadow()[static_cast<std::size_t>(pos)], std::byte{0}) << "in a hole: " << pos;
      }
      if (pos == size) break;
      const std::int64_t hole = file().lseek(pos, SEEK_HOLE);
      ASSERT_LT(pos, hole);
      ASSERT_LE(hole, size);
      pos = hole;
    }
  }

  /// After a call that failed half way: takes over the file's bytes, which must be none of another
  /// file.
  void adopt() {
    ++full_answers;
    shadow() = read(file(), static_cast<std::uint64_t>(file().size()), 0);
    EXPECT_FALSE(holds(shadow(), MemoryDevice::kGarbage));
  }

  void compare(std::uint64_t which, const std::string& what) {
    const Contents& expected = shadows_[which];
    const Contents got = read(files_[which], expected.size() + 10, 0);
    ASSERT_EQ(got.size(), expected.size()) << what;
    const auto [at, in] = std::ranges::mismatch(got, expected);
    ASSERT_EQ(at, got.end()) << what << ": file " << which << " differs at byte "
                             << at - got.begin() << ": " << static_cast<int>(*at) << ", not "
                             << static_cast<int>(*in);
  }

  const XfsWorld world_;
  std::mt19937_64 random_;
  ref::vfs::Caller caller_;
  JudgedXfs on_;
  std::vector<ref::xfs::File> files_;
  std::vector<Contents> shadows_;
  std::uint64_t which_ = 0;
  std::uint64_t stamp_ = 0;
};

}  // namespace quire::tests
