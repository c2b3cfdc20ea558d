// Long random histories of a file under iomap: it is at all times what a vector of bytes says it
// is, and its space is accounted for.
#include "tests/ref/linux/iomap/fake_ledger.h"
#include "tests/ref/linux/iomap/iomap_fixture.h"
#include "tests/ref/user_memory/edge_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <tuple>

namespace quire::tests {
namespace {

constexpr std::uint64_t kLengthMax = 100'000;  // bytes of the file

class IomapHistory {
 public:
  IomapHistory(std::uint64_t block_size, std::uint64_t folio_pages, std::uint64_t seed)
      : subject_(block_size, folio_pages, 110'000 / block_size), random_(seed) {
    subject_.file.throttle = [this](bool nowait) { return throttle(nowait); };
    subject_.file.wait_for_folio = [](ref::Folio& folio) { folio.locked = false; };
  }

  void step() {
    if (below(3) == 0) {
      subject_.fs.mapping_blocks_max = below(2) == 0 ? ~std::uint64_t{0} : 1 + below(20);
    }
    switch (below(14)) {
      case 0: truncate(); break;
      case 1: EXPECT_EQ(subject_.sync(), 0); break;
      case 2: subject_.file.pages.drop_clean(); break;
      case 3: zero(); break;
      case 4: store(); break;
      case 5: share(); break;
      case 6: unshare(); break;
      case 7: compare(); break;
      case 8: write_without_waiting(); break;
      default: write_some(); break;
    }
    expect_ledger(subject_.fs);
    EXPECT_EQ(subject_.file.size, contents_.size());
  }

  void compare() { EXPECT_TRUE(subject_.all() == contents_) << "the file differs from its model"; }

  void compare_with_the_device() {
    EXPECT_TRUE(subject_.from_the_device() == contents_) << "the device differs from the model";
    EXPECT_EQ(subject_.fs.disk_size <= contents_.size() || was_cut_, true);
  }

  std::uint64_t stale_iterations() const {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        subject_.judge.iterations, [](const auto& iteration) { return iteration.stale != 0; }));
  }
  std::uint64_t refusals = 0;
  std::uint64_t full = 0;
  std::uint64_t short_writes = 0;

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  /// Leans to the edges of blocks and pages.
  std::uint64_t any_position(std::uint64_t end = kLengthMax) {
    const std::uint64_t any = below(end);
    return below(2) == 0 ? any : any / 512 * 512;
  }

  /// A throttled writer waits for writeback, which changes the extents.
  int throttle(bool nowait) {
    if (below(4) != 0) return 0;
    if (nowait) return -EAGAIN;
    if (below(3) == 0) subject_.fs.change();
    const std::uint64_t from = any_position();
    EXPECT_EQ(writepages(subject_.file, subject_.fs, from, from + below(40'000)), 0);
    return 0;
  }

  void write_some() {
    const std::uint64_t pos = below(3) == 0 ? any_position() : any_position(contents_.size() + 1);
    const std::uint64_t readable = below(10) == 0 ? 0 : 1 + below(kLengthMax - pos);
    const std::uint64_t beyond = below(3) == 0 ? 1 + below(9000) : 0;
    if (readable + beyond == 0) return;
    EdgeBuffer source(readable);
    fill(source);
    const std::int64_t n = subject_.write(pos, source.data(), readable + beyond);
    if (n < 0) {
      EXPECT_TRUE(n == -ENOSPC || (n == -EFAULT && readable == 0)) << n;
      full += n == -ENOSPC;
      return;
    }
    EXPECT_LE(n, static_cast<std::int64_t>(readable));
    short_writes += static_cast<std::uint64_t>(n) < readable + beyond;
    accept(pos, source, n);
  }

  void write_without_waiting() {
    const std::uint64_t pos = any_position(contents_.size() + 1);
    EdgeBuffer source(1 + below(20'000));
    fill(source);
    ref::Folio* const folio = subject_.file.pages.find(pos + below(source.size()));
    const bool other = folio != nullptr && below(2) == 0;
    if (other) folio->locked = true;
    const std::uint64_t locked_at = other ? folio->pos() : 0;
    const std::int64_t n = subject_.write(pos, source.data(), source.size(), {.nowait = true});
    if (other) {
      ref::Folio* const still = subject_.file.pages.find(locked_at);
      if (still != nullptr) still->locked = false;
    }
    if (n < 0) {
      EXPECT_TRUE(n == -ENOSPC || n == -EAGAIN) << n;
      ++refusals;
      return;
    }
    accept(pos, source, n);
  }

  void fill(EdgeBuffer& source) {
    for (std::uint64_t i = 0; i < source.size(); ++i) source.data()[i] = std::byte(1 + below(255));
  }

  void accept(std::uint64_t pos, const EdgeBuffer& source, std::int64_t n) {
    const auto end = pos + static_cast<std::uint64_t>(n);
    contents_.resize(std::max<std::size_t>(contents_.size(), end));
    std::copy_n(source.data(), n, contents_.begin() + static_cast<long>(pos));
  }

  void truncate() {
    const std::uint64_t length = any_position();
    const int error = subject_.truncate(length);
    EXPECT_TRUE(error == 0 || error == -ENOSPC) << error;
    if (error != 0) return;
    was_cut_ |= length < contents_.size();
    contents_.resize(length);
  }

  void zero() {
    const std::uint64_t from = any_position(contents_.size() + 1);
    const std::uint64_t n = std::min<std::uint64_t>(below(30'000), contents_.size() - from);
    const int error = subject_.zero(from, n);
    EXPECT_TRUE(error == 0 || error == -ENOSPC) << error;
    if (error == 0) {
      std::fill_n(contents_.begin() + static_cast<long>(from), n, std::byte{0});
    } else {
      contents_ = subject_.all();  // a part of it is zeroed
    }
  }

  /// Also past the end of the file, where no reader must ever see it.
  void store() {
    if (contents_.empty()) return;
    const std::uint64_t pos = any_position(contents_.size());
    const Contents bytes = repeated(1 + below(3000), 0x5a);
    const int error = subject_.store(pos, bytes);
    EXPECT_TRUE(error == 0 || error == -ENOSPC) << error;
    if (error != 0) return;
    const std::uint64_t page_end = spec::round_up(pos + 1, spec::kPageSize);
    const std::uint64_t end =
        std::min<std::uint64_t>({pos + bytes.size(), page_end, contents_.size()});
    std::fill(
        contents_.begin() + static_cast<long>(pos), contents_.begin() + static_cast<long>(end),
        std::byte{0x5a});
  }

  /// Another file shares a range, whose bytes must be on the device for it.
  void share() {
    EXPECT_EQ(subject_.sync(), 0);
    const std::uint64_t from = any_position();
    subject_.fs.share(from, from + below(20'000));
  }

  void unshare() {
    const std::uint64_t from = any_position();
    const int error = subject_.unshare(from, below(20'000));
    EXPECT_TRUE(error == 0 || error == -ENOSPC) << error;
  }

  IomapFile subject_;
  std::mt19937_64 random_;
  Contents contents_;
  bool was_cut_ = false;
};

class IomapModel : public testing::TestWithParam<std::tuple<std::uint64_t, std::uint64_t>> {};

TEST_P(IomapModel, HoldsThroughAnyHistory) {
  const auto [block_size, folio_pages] = GetParam();
  std::uint64_t stale = 0, refusals = 0, full = 0, short_writes = 0;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    IomapHistory history(block_size, folio_pages, seed);
    for (int i = 0; i < 100; ++i) {
      history.step();
      ASSERT_FALSE(HasFailure()) << "seed " << seed << ", step " << i;
    }
    history.compare();
    history.compare_with_the_device();
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
    stale += history.stale_iterations();
    refusals += history.refusals;
    full += history.full;
    short_writes += history.short_writes;
  }
  // The histories reach the cases that they are for.
  EXPECT_LT(0u, stale);
  EXPECT_LT(0u, refusals);
  EXPECT_LT(0u, full);
  EXPECT_LT(0u, short_writes);
}

INSTANTIATE_TEST_SUITE_P(
    Geometries, IomapModel,
    testing::Combine(testing::Values(512, 1024, 4096), testing::Values(1, 2, 4, 16)));

}  // namespace
}  // namespace quire::tests
