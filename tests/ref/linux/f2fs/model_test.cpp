// Long random histories on an F2FS volume: each file is at all times what a vector of bytes says.
#include "tests/ref/linux/f2fs/volume_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <random>
#include <string>

namespace quire::tests {
namespace {

constexpr std::uint64_t kLengthMax = 60'000;  // bytes of a file

/// A file and what it must hold.
struct Modelled {
  f2fs::File file;
  std::string kind;
  Contents now{};     // what a reader sees
  Contents before{};  // of an atomic file: what an abort brings back
  bool is_atomic = false;
  bool has_lost_block = false;       // a block of the atomic write never reached the device
  bool is_synced = false;            // nothing changed since an fsync that was kept
  std::vector<Contents> versions{};  // what may have reached the device
};

/// Files of every kind on a volume that is too small for all of them.
class History {
 public:
  explicit History(std::uint64_t seed)
      : volume_(60, {.inode_addresses = 5, .dnode_addresses = 4}), random_(seed) {
    volume_.volume->set_quota(7, 20);
    add("plain", {});
    add("inline", {.inline_data = true});
    add("compressed", {.compressed = true});
    add("inline and compressed", {.inline_data = true, .compressed = true});
    add("with a quota", {.owner = 7});
  }

  void step() {
    Modelled& m = files_[below(files_.size())];
    if (m.file.is_inline()) m.versions.push_back(m.now);
    switch (below(18)) {
      case 0: truncate(m); break;
      case 1: sync(m); break;
      case 7: sync_badly(m); break;
      case 8: switch_checkpoints(); break;
      case 9:
        if (below(4) == 0) crash();
        break;
      case 2: m.file.drop_cache(); break;
      case 3:
      case 4: compare(m); break;
      case 5: change_atomic(m); break;
      case 6: release_and_reserve(m); break;
      default: write_some(m); break;
    }
  }

 private:
  void add(const char* kind, const f2fs::FileOptions& options) {
    files_.push_back({volume_.volume->open(files_.size(), options), kind});
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  /// Leans to the edges of pages, and to small files.
  std::uint64_t place() {
    const std::uint64_t any = below(below(3) == 0 ? 5000 : kLengthMax);
    return below(2) == 0 ? any : any / kPage * kPage;
  }

  void write_some(Modelled& m) {
    m.is_synced = false;
    const std::uint64_t pos = place();
    const std::uint64_t length = below(4) == 0 ? below(3000) : below(kLengthMax - pos);
    const std::uint64_t readable = below(10) == 0 ? 0 : 1 + length;
    const std::uint64_t beyond = below(3) == 0 ? 1 + below(9000) : 0;
    if (readable + beyond == 0) return;
    EdgeBuffer source(readable);
    source.fill(std::byte(below(256)));
    if (below(3) == 0) std::ranges::copy(noise(readable, random_()), source.data());

    const std::int64_t n = write(m.file, source.data(), readable + beyond, pos);
    if (n < 0) {
      EXPECT_TRUE(n == -ENOSPC || n == -EDQUOT || (n == -EFAULT && readable == 0)) << n;
      EXPECT_TRUE(n != -EDQUOT || m.kind == "with a quota");
      return;
    }
    const auto end = pos + static_cast<std::uint64_t>(n);
    EXPECT_LE(end, pos + readable);
    EXPECT_TRUE(end == pos + readable || end % kPage == 0) << "only space stops it earlier";
    m.now.resize(std::max<std::size_t>(m.now.size(), end));
    std::copy_n(source.data(), n, m.now.begin() + static_cast<long>(pos));
  }

  void truncate(Modelled& m) {
    m.is_synced = false;
    m.versions.push_back(m.now);
    const std::uint64_t length = place();
    const int error = m.file.ftruncate(static_cast<std::int64_t>(length));
    if (m.is_atomic) {
      EXPECT_EQ(error, -EINVAL);
    } else if (error == 0) {
      m.now.resize(length);
    } else {
      // Only inline data that must be converted needs space, or a cluster needs blocks.
      EXPECT_EQ(error, -ENOSPC);
      EXPECT_TRUE(m.file.is_inline() || without_checkpoints_);
    }
  }

  void sync(Modelled& m) {
    m.versions.push_back(m.now);
    const int error = m.file.fsync();
    EXPECT_TRUE(error == 0 || (without_checkpoints_ && error == -ENOSPC)) << error;
    m.is_synced = error == 0 && !without_checkpoints_ && !m.is_atomic;
  }

  /// One of the writes of an fsync fails: each byte is then the new one, or one that it once was.
  void sync_badly(Modelled& m) {
    if (without_checkpoints_) return;
    m.versions.push_back(m.now);
    volume_.device.failing_writes = {volume_.device.writes + 1 + below(8)};
    const int error = m.file.fsync();
    const bool failed = volume_.device.failing_writes.empty();
    volume_.device.failing_writes.clear();
    EXPECT_EQ(error, failed ? -EIO : 0);
    if (error == 0) return;
    if (m.is_atomic) m.has_lost_block = true;
    m.file.drop_cache();
    EXPECT_EQ(m.file.size(), static_cast<std::int64_t>(m.now.size()));
    accept(m);
  }

  void switch_checkpoints() {
    if (without_checkpoints_) {
      volume_.volume->enable_checkpoints();
      without_checkpoints_ = false;
      return;
    }
    for (Modelled& m : files_) m.versions.push_back(m.now);
    EXPECT_EQ(volume_.volume->disable_checkpoints(), 0);
    without_checkpoints_ = true;
  }

  /// Synced bytes are there again; of all others, only bytes that were once written.
  void crash() {
    volume_.volume->crash();
    without_checkpoints_ = false;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      Modelled& m = files_[i];
      m.file = volume_.volume->open(i);
      m.is_atomic = false;
      if (m.is_synced) {
        compare(m);
      } else {
        accept(m);
      }
      m.versions = {m.now};
      if (m.file.reserve_compress_blocks() == -ENOSPC) ADD_FAILURE() << "the volume is too full";
    }
  }

  /// Takes over the file's bytes, after a check of each.
  void accept(Modelled& m) {
    const Contents got = read(m.file, 2 * kLengthMax, 0);
    const auto begins_with = [&](const Contents& version) {
      return got.size() <= version.size() &&
             std::memcmp(got.data(), version.data(), got.size()) == 0;
    };
    const bool is_one = !got.empty() && std::ranges::any_of(m.versions, begins_with);
    for (std::size_t i = 0; !is_one && i < got.size(); ++i) {
      const bool is_known =
          got[i] == std::byte{0} || std::ranges::any_of(m.versions, [&](const Contents& version) {
            return i < version.size() && version[i] == got[i];
          });
      ASSERT_TRUE(is_known) << m.kind << ": byte " << i << " was never written";
    }
    m.now = got;
  }

  void change_atomic(Modelled& m) {
    m.is_synced = false;
    m.versions.push_back(m.now);
    if (!m.is_atomic) {
      const int error = m.file.start_atomic_write();
      if (error != 0) {
        EXPECT_TRUE(error == -EINVAL || error == -ENOSPC) << error;
        return;
      }
      m.is_atomic = true;
      m.has_lost_block = false;
      m.before = m.now;
    } else if (below(2) == 0) {
      const int error = m.file.commit_atomic_write();
      if (error == 0 || m.has_lost_block) m.is_atomic = false;
      if (m.has_lost_block) {
        EXPECT_EQ(error, -EIO) << "the rest alone must not reach the file";
        m.now = m.before;
      } else {
        EXPECT_TRUE(error == 0 || error == -ENOSPC || error == -EDQUOT) << error;
      }
    } else {
      EXPECT_EQ(m.file.abort_atomic_write(), 0);
      m.is_atomic = false;
      m.now = m.before;
    }
  }

  void release_and_reserve(Modelled& m) {
    m.versions.push_back(m.now);
    const std::int64_t released = m.file.release_compress_blocks();
    if (released < 0) return;
    compare(m);
    EXPECT_EQ(write(m.file, repeated(1, 1), 0), -EPERM);
    EXPECT_EQ(m.file.reserve_compress_blocks(), released);
  }

  void compare(Modelled& m) {
    EXPECT_EQ(m.file.size(), static_cast<std::int64_t>(m.now.size()));
    const Contents got = read(m.file, 2 * kLengthMax, 0);
    EXPECT_EQ(got.size(), m.now.size());
    if (got == m.now) return;
    ADD_FAILURE() << m.kind << " differs from its model at byte "
                  << std::ranges::mismatch(got, m.now).in1 - got.begin();
  }

  F2fsVolume volume_;
  std::mt19937_64 random_;
  std::vector<Modelled> files_;
  bool without_checkpoints_ = false;
};

TEST(F2fsModel, HoldsThroughAnyHistory) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    History history(seed);
    for (int i = 0; i < 200; ++i) {
      history.step();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << i;
    }
  }
}

}  // namespace
}  // namespace quire::tests
