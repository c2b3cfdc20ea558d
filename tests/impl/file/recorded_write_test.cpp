// Records of the recorded build come from the blocks, not from the flags of the code.
#include "impl/cache/folio_use.h"
#include "impl/cache/page_cache.h"
#include "impl/record.h"
#include "impl/space/bitmap_allocator.h"
#include "spec/locks/order.h"

#include <quire/quire.h>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <boost/hana/for_each.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace quire {
namespace {

class Zeroes final : public BlockDevice {
 public:
  std::uint64_t size() const override { return 1 << 20; }
  std::uint32_t sector_size() const override { return 512; }
  const std::string& name() const override { return name_; }
  int read(std::span<const DeviceRun> runs) override {
    for (const DeviceRun& run : runs) {
      for (const iovec& s : run.segments) std::memset(s.iov_base, 0, s.iov_len);
    }
    return 0;
  }
  void write(std::span<const DeviceRun>, std::span<int> results) override {
    std::ranges::fill(results, 0);
  }
  int flush() override { return 0; }

 private:
  std::string name_ = "zeroes";
};

/// Holds each step to its clauses.
class Judge final : public spec::Recorder {
 public:
  void write_end(const spec::WriteEnd<Number>& op) override {
    judge(spec::write_begin_end_clauses, op);
    short_into_stale += op.copied < op.length && op.range_uptodate == 0;
    short_into_uptodate += op.copied < op.length && op.range_uptodate == 1;
  }
  void attempt(const spec::Attempt<Number>& a) override { judge(spec::attempt_clauses, a); }
  void step(const spec::Step& step) override {
    std::visit([&](const auto& record) { judge(clauses_of(record), record); }, step);
    const auto* pass = std::get_if<spec::ThrottlePass<Number>>(&step);
    throttled += pass != nullptr && pass->written != 0;
  }

  int short_into_stale = 0, short_into_uptodate = 0;
  int throttled = 0;  ///< passes that wrote something

 private:
  template <class Clauses, class Record>
  static void judge(const Clauses& clauses, const Record& record) {
    boost::hana::for_each(clauses, [&](const auto& clause) {
      EXPECT_TRUE(clause.holds(record)) << clause.text.operation << "." << clause.text.name;
    });
  }
};

/// Two pages of memory, of which the second cannot be read.
class HalfReadable {
 public:
  HalfReadable()
      : pages_(static_cast<std::byte*>(
            mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    mprotect(pages_ + 4096, 4096, PROT_NONE);
  }
  HalfReadable(const HalfReadable&) = delete;
  HalfReadable& operator=(const HalfReadable&) = delete;
  ~HalfReadable() { munmap(pages_, 8192); }
  /// 4096 bytes, of which the first `readable` can be read.
  iovec cut_at(std::size_t readable) const { return {pages_ + 4096 - readable, 4096}; }

 private:
  std::byte* pages_;
};

TEST(RecordedWrites, LeaveNoMoreThanTheLimitDirty) {
  auto volume = Volume::open(std::make_shared<Zeroes>(), {.dirty_max = 8192}).value();
  File a = volume.file(1).value(), b = volume.file(2).value();
  const std::string text(3 * 4096, 'a');
  const auto write = [&](File& file, off_t pos, std::size_t length) {
    const iovec whole{const_cast<char*>(text.data()), length};
    EXPECT_EQ(file.pwritev2(&whole, 1, pos, 0), static_cast<ssize_t>(length));
  };
  Judge judge;
  impl::this_thread_recorder = &judge;
  write(a, 0, text.size());
  write(a, 0, 1);  // writes the three pages back
  write(a, 4096, 1);
  write(b, 0, text.size());
  EXPECT_EQ(a.ftruncate(8193), 0);  // its last page is dirty, too: more than the limit in each file
  judge.throttled = 0;
  write(b, 0, 1);
  impl::this_thread_recorder = nullptr;
  EXPECT_EQ(judge.throttled, 1);
}

TEST(RecordedWrites, SayWhetherTheRangeWasUptodate) {
  auto volume = Volume::open(std::make_shared<Zeroes>(), {}).value();
  File file = volume.file(1).value();
  const HalfReadable memory;
  Judge judge;
  impl::this_thread_recorder = &judge;
  for (const off_t pos : {0, 0, 100}) {
    // An empty segment in front: the iterator must not stand in it.
    const iovec segments[] = {{nullptr, 0}, memory.cut_at(1000), {nullptr, 0}};
    EXPECT_EQ(file.pwritev2(segments, 3, pos, 0), 1000);
  }
  impl::this_thread_recorder = nullptr;
  EXPECT_GT(judge.short_into_stale, 0);
  EXPECT_GT(judge.short_into_uptodate, 0);
}

/// Keeps the steps of one kind.
template <class Record>
class Keeper final : public spec::Recorder {
 public:
  Keeper() { impl::this_thread_recorder = this; }
  ~Keeper() override { impl::this_thread_recorder = nullptr; }
  void step(const spec::Step& step) override {
    if (const auto* found = std::get_if<Record>(&step)) kept.push_back(*found);
  }

  std::vector<Record> kept;
};

TEST(RecordedFrees, SayHowManyOfTheBlocksWereGranted) {
  impl::BitmapAllocator allocator(64);
  ASSERT_TRUE(allocator.reserve(4));
  Extent granted;
  ASSERT_EQ(allocator.allocate({.want = 4}, {&granted, 1}), 1u);
  Keeper<spec::FreedExtent<std::uint64_t>> keeper;
  allocator.release({granted.end() - 1, 2});
  allocator.release(granted);
  ASSERT_EQ(keeper.kept.size(), 2u);
  EXPECT_EQ(keeper.kept[0].granted, 1u) << "the block behind the extent is nobody's";
  EXPECT_EQ(keeper.kept[1].granted, 3u) << "the last one was freed before";
  EXPECT_EQ(keeper.kept[1].blocks, 4u);
}

TEST(RecordedUses, SayWhetherTheFolioWasDropped) {
  // One recorder sees the lock taken and dropped.
  Keeper<spec::FolioUse<std::uint64_t>> keeper;
  impl::PageCache cache(4096, *std::pmr::get_default_resource());
  const impl::FolioPtr folio = cache.find_or_make_locked(0, 4096);
  folio->assert_locked();
  impl::note_use(*folio);
  cache.remove(*folio);
  impl::note_use(*folio);
  folio->unlock();
  ASSERT_EQ(keeper.kept.size(), 2u);
  EXPECT_EQ(keeper.kept[0].dropped, 0u);
  EXPECT_EQ(keeper.kept[1].dropped, 1u);
}

}  // namespace
}  // namespace quire
