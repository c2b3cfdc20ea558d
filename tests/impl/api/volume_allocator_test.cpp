// Volumes whose blocks another allocator hands out: each of libquire's, and some of a program's,
// among them those that lie, throw or refuse.
#include "tests/impl/files_in_memory.h"

#include "impl/space/bitmap_allocator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

constexpr std::uint64_t kBlock = 512, kBlocks = 2048;

Result<Volume> open_with(VolumeAllocator allocator, std::uint64_t dirty_max = 1 << 20) {
  return Volume::open(
      std::make_shared<PlainMemoryDevice>(kBlocks * kBlock),
      {.block_size = kBlock, .dirty_max = dirty_max, .allocator = allocator});
}

/// A file and the bytes that it must hold.
struct Modelled {
  File file;
  std::string bytes = {};

  void write(std::uint64_t pos, std::uint64_t n, char fill) {
    const std::string text(n, fill);
    const ssize_t written = write_at(file, static_cast<off_t>(pos), text.data(), n);
    if (written <= 0) {
      EXPECT_TRUE(written == -ENOSPC || n == 0) << written;
      return;
    }
    const auto taken = static_cast<std::uint64_t>(written);
    if (bytes.size() < pos + taken) bytes.resize(pos + taken);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(pos), taken, fill);
  }
  void truncate(std::uint64_t length) {
    ASSERT_EQ(file.ftruncate(static_cast<off_t>(length)), 0);
    bytes.resize(length);
  }
  void expect_bytes() {
    std::string found(bytes.size() + 1, '?');
    ASSERT_EQ(read_at(file, 0, found.data(), found.size()), static_cast<ssize_t>(bytes.size()));
    found.resize(bytes.size());
    ASSERT_TRUE(found == bytes) << "at " << std::ranges::mismatch(found, bytes).in1 - found.begin();
  }
  /// The device blocks of the file, added to those of others.
  void take_blocks(std::set<std::uint64_t>& taken) {
    for (std::uint64_t b = 0; b < bytes.size() / kBlock + 1; ++b) {
      if (const auto block = file.device_block_of(b)) {
        EXPECT_LT(*block, kBlocks);
        EXPECT_TRUE(taken.insert(*block).second) << "two blocks of files on block " << *block;
      }
    }
  }
};

/// Writes, overwrites, truncates, syncs and reads three files, up to a full device. An fsync fails
/// with one of `errors` alone. Then the files are emptied, and every block is free.
void use(Volume& volume, const std::set<int>& errors = {0}) {
  std::vector<Modelled> files;
  for (std::uint64_t number = 0; number < 3; ++number)
    files.push_back({volume.file(number).value()});
  std::mt19937_64 random(14);
  for (int step = 0; step < 400; ++step) {
    Modelled& file = files[random() % files.size()];
    const std::uint64_t pos = random() % (kBlocks * kBlock / 2);
    switch (random() % 5) {
      case 0: file.truncate(random() % 2 == 0 ? pos : pos / 16); break;
      case 1: EXPECT_TRUE(errors.contains(file.file.fsync())); break;
      case 2: file.file.drop_cache(); break;
      default: file.write(pos, 1 + random() % 60'000, static_cast<char>('a' + step % 26));
    }
    if (step % 20 == 0) file.expect_bytes();
    if (testing::Test::HasFailure()) return;
  }
  for (Modelled& file : files) {
    EXPECT_TRUE(errors.contains(file.file.fsync()));
    file.file.drop_cache();
    file.expect_bytes();
  }
  std::set<std::uint64_t> taken;
  for (Modelled& file : files) file.take_blocks(taken);
  EXPECT_EQ(volume.free_blocks() + volume.reserved_blocks() + taken.size(), kBlocks);
  for (Modelled& file : files) file.truncate(0);
  EXPECT_EQ(volume.free_blocks(), kBlocks);
  EXPECT_EQ(volume.reserved_blocks(), 0u);
}

/// Fills a volume to the last block, and empties it.
void fill(Volume& volume) {
  Modelled file{volume.file(9).value()};
  for (std::uint64_t block = 0; block < kBlocks; block += 64)
    file.write(block * kBlock, 64 * kBlock, static_cast<char>('a' + block / 64 % 26));
  EXPECT_EQ(file.bytes.size(), kBlocks * kBlock);
  EXPECT_EQ(file.file.fsync(), 0);
  EXPECT_EQ(volume.free_blocks() + volume.reserved_blocks(), 0u);
  EXPECT_EQ(write_at(file.file, kBlocks * kBlock, "x", 1), -ENOSPC);
  file.file.drop_cache();
  file.expect_bytes();
  file.truncate(0);
  EXPECT_EQ(volume.free_blocks(), kBlocks);
}

using impl::BitmapAllocator;

TEST(VolumeAllocator, EachOfLibquiresKeepsTheFiles) {
  for (const VolumeAllocator allocator :
       {VolumeAllocator(), VolumeAllocator::bitmap(), VolumeAllocator::extent(),
        VolumeAllocator::buddy()}) {
    SCOPED_TRACE(static_cast<int>(allocator.kind()));
    Volume volume = open_with(allocator).value();
    fill(volume);
    use(volume);
    fill(volume);
  }
}

/// A sound allocator of a program's.
struct Sound : BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;
};

TEST(VolumeAllocator, OneOfTheProgramsKeepsTheFiles) {
  Volume volume = open_with(VolumeAllocator::of<Sound>()).value();
  fill(volume);
  use(volume);
  fill(volume);
}

/// How an allocator of a program's goes wrong, where it does.
struct Fault {
  int every = 1;  ///< call goes wrong
  std::function<std::size_t(Extent&, std::size_t)> change = {};
  bool throws_in_release = false, throws_in_reserve = false, refuses_to_reserve = false,
       reserves_any = false, lies_of_counts = false;
  int calls = 0;
};
Fault fault;

struct Faulty : BitmapAllocator {
  using BitmapAllocator::BitmapAllocator;

  std::size_t allocate(const AllocationRequest& request, std::span<Extent> extents) {
    const bool goes_wrong = fault.change && ++fault.calls % fault.every == 0;
    const std::size_t n = BitmapAllocator::allocate(request, extents);
    return goes_wrong ? fault.change(extents[0], n) : n;
  }
  void release(Extent extent) {
    BitmapAllocator::release(extent);
    if (fault.throws_in_release) throw std::runtime_error("release");
  }
  bool reserve(std::uint64_t n) {
    if (fault.throws_in_reserve) throw 7;
    if (fault.refuses_to_reserve && ++fault.calls % fault.every == 0) return false;
    return BitmapAllocator::reserve(n) || fault.reserves_any;
  }
  std::uint64_t reserved_blocks() const {
    return fault.lies_of_counts ? ~std::uint64_t{0} : BitmapAllocator::reserved_blocks();
  }
};

/// An allocation that goes wrong now and then: fsync says so, and nothing is lost.
TEST(VolumeAllocator, AGrantThatIsNoGoodIsAFailedAllocation) {
  const std::pair<std::string, std::function<std::size_t(Extent&, std::size_t)>> faults[] = {
      {"nothing", [](Extent&, std::size_t) { return 0; }},
      {"no blocks", [](Extent& e, std::size_t n) { return e.length = 0, n; }},
      {"too many", [](Extent& e, std::size_t n) { return e.length += 2000, n; }},
      {"past the device", [](Extent& e, std::size_t n) { return e.start = kBlocks, n; }},
      {"far past it", [](Extent& e, std::size_t n) { return e.start = ~std::uint64_t{0}, n; }},
      {"of length 2^64 - 1",
       [](Extent& e, std::size_t n) { return e.length = ~std::uint64_t{0}, n; }},
      {"block 0 again",
       [](Extent& e, std::size_t n) {
         return e = {0, 1}, n;
       }},
      {"two extents", [](Extent&, std::size_t) { return 2; }},
      {"2^63 extents", [](Extent&, std::size_t) { return std::size_t{1} << 63; }},
      {"an int", [](Extent&, std::size_t) -> std::size_t { throw 7; }},
      {"no memory", [](Extent&, std::size_t) -> std::size_t { throw std::bad_alloc(); }}};
  for (const auto& [name, change] : faults) {
    for (const int every : {1, 3}) {
      SCOPED_TRACE(name + ", each call of " + std::to_string(every));
      const int error = name == "no memory" ? -ENOMEM : -ENOSPC;
      fault = {};
      Volume volume = open_with(VolumeAllocator::of<Faulty>()).value();
      Modelled first{volume.file(7).value()};
      first.write(0, 20 * kBlock, 'f');
      ASSERT_EQ(first.file.fsync(), 0);

      fault = {.every = every, .change = change};
      Modelled file{volume.file(8).value()};
      for (int i = 0; i < 40; ++i)
        file.write(i * 3 * kBlock, kBlock, static_cast<char>('a' + i % 26));
      const int answer = file.file.fsync();
      EXPECT_EQ(answer, error);
      file.file.drop_cache();
      file.expect_bytes();
      for (int i = 0; i < 40; ++i) file.write(i * kBlock, kBlock, 'z');
      file.file.fsync();
      file.expect_bytes();

      fault = {};
      for (int i = 0; i < 3; ++i) file.file.fsync();
      EXPECT_EQ(file.file.fsync(), 0) << "it works again";
      file.file.drop_cache();
      first.file.drop_cache();
      file.expect_bytes();
      first.expect_bytes();
      std::set<std::uint64_t> taken;
      file.take_blocks(taken);
      first.take_blocks(taken);
      EXPECT_EQ(volume.free_blocks() + taken.size(), kBlocks);
      file.truncate(0);
      first.truncate(0);
      EXPECT_EQ(volume.free_blocks(), kBlocks);
    }
  }
  fault = {};
}

TEST(VolumeAllocator, OneThatRefusesToReserveIsAFullVolume) {
  fault = {};
  Volume volume = open_with(VolumeAllocator::of<Faulty>()).value();
  Modelled file{volume.file(1).value()};
  for (const bool throws : {true, false}) {
    fault = {.throws_in_reserve = throws, .refuses_to_reserve = true};
    EXPECT_EQ(write_at(file.file, 0, "x", 1), -ENOSPC);
    EXPECT_EQ(volume.free_blocks(), kBlocks);
  }
  fault = {.every = 3, .refuses_to_reserve = true};
  use(volume);
  fault = {};
}

TEST(VolumeAllocator, OneThatReservesMoreThanThereIsIsNotBelieved) {
  fault = {};
  Volume volume = open_with(VolumeAllocator::of<Faulty>()).value();
  fault = {.reserves_any = true};
  fill(volume);
  use(volume);
  fault = {};
}

TEST(VolumeAllocator, WhatItsOtherCallsThrowOrSayIsIgnored) {
  for (const bool throws : {true, false}) {
    fault = {};
    Volume volume = open_with(VolumeAllocator::of<Faulty>()).value();
    fault = {.throws_in_release = throws, .lies_of_counts = true};
    use(volume);
    fill(volume);
  }
  fault = {};
}

/// A writer that must write back first, and cannot, goes on.
TEST(VolumeAllocator, AFailedAllocationHoldsNoWriterBack) {
  fault = {.change = [](Extent&, std::size_t) { return 0; }};
  Volume volume = open_with(VolumeAllocator::of<Faulty>(), 0).value();
  Modelled file{volume.file(1).value()};
  for (int i = 0; i < 20; ++i) file.write(i * kBlock, kBlock, 'x');
  EXPECT_EQ(file.bytes.size(), 20 * kBlock);
  EXPECT_EQ(volume.reserved_blocks(), 20u) << "all of them are dirty";
  EXPECT_EQ(file.file.fsync(), -ENOSPC);
  fault = {};
  EXPECT_EQ(file.file.fsync(), 0);
  EXPECT_EQ(volume.reserved_blocks(), 0u);
}

// A table as a program in C writes it: it grants one block a call, the first that is free.
struct FirstBlock {
  std::vector<bool> granted;
  std::uint64_t free, reserved;
};
FirstBlock& of(void* self) { return *static_cast<FirstBlock*>(self); }
const FirstBlock& of(const void* self) { return *static_cast<const FirstBlock*>(self); }
int made = 0;

constexpr quire_allocator_functions kTable = {
    .version = QUIRE_ALLOCATOR_TABLE_VERSION,
    .powers = QUIRE_ALLOCATOR_RELEASES_PARTS | QUIRE_ALLOCATOR_RELEASES_JOINED,
    .make = [](std::uint64_t n) -> void* {
      ++made;
      return new FirstBlock{std::vector<bool>(n), n, 0};
    },
    .destroy =
        [](void* self) {
          --made;
          delete &of(self);
        },
    .reserve =
        [](void* self, std::uint64_t n) {
          if (of(self).free < n) return 0;
          of(self).free -= n;
          of(self).reserved += n;
          return 1;
        },
    .unreserve =
        [](void* self, std::uint64_t n) {
          of(self).reserved -= n;
          of(self).free += n;
        },
    .allocate = [](void* self, const quire_allocation_request*, quire_extent* extents,
                   std::uint64_t) -> std::uint64_t {
      auto& granted = of(self).granted;
      const auto free = std::ranges::find(granted, false);
      *free = true;
      --of(self).reserved;
      extents[0] = {static_cast<std::uint64_t>(free - granted.begin()), 1};
      return 1;
    },
    .release =
        [](void* self, std::uint64_t start, std::uint64_t length) {
          for (std::uint64_t b = start; b < start + length; ++b) of(self).granted[b] = false;
          of(self).free += length;
        },
    .blocks = [](const void* self) -> std::uint64_t { return of(self).granted.size(); },
    .free_blocks = [](const void* self) { return of(self).free; },
    .reserved_blocks = [](const void* self) { return of(self).reserved; },
    .more = nullptr};

TEST(VolumeAllocator, ATableKeepsTheFiles) {
  {
    Volume volume = open_with(VolumeAllocator::from_table(&kTable)).value();
    EXPECT_EQ(made, 1);
    fill(volume);
    use(volume);
  }
  EXPECT_EQ(made, 0) << "destroyed with the volume";
}

/// The error of a volume with this table.
std::string why_not(const quire_allocator_functions* table, int code) {
  const auto volume = open_with(VolumeAllocator::from_table(table));
  if (volume) return "it can be opened";
  EXPECT_EQ(volume.error().code, code);
  EXPECT_EQ(made, 0) << "what was made was destroyed";
  return volume.error().what;
}

TEST(VolumeAllocator, ATableThatCannotBeUsedIsNamedWithTheCause) {
  EXPECT_EQ(why_not(nullptr, EINVAL), "allocator: the table is null");
  quire_allocator_functions table = kTable;
  table.version = 1;
  EXPECT_EQ(why_not(&table, EINVAL), "allocator: the table has version 1, and a volume takes 2");
  table = kTable;
  table.release = nullptr;
  EXPECT_EQ(why_not(&table, EINVAL), "allocator: the table has no release()");
  table = kTable;
  table.make = nullptr;
  EXPECT_EQ(why_not(&table, EINVAL), "allocator: the table has no make()");
  table = kTable;
  table.powers = QUIRE_ALLOCATOR_RELEASES_PARTS;
  EXPECT_EQ(
      why_not(&table, EINVAL),
      "allocator: the table does not declare QUIRE_ALLOCATOR_RELEASES_JOINED, which a volume "
      "needs");
  table = kTable;
  table.make = [](std::uint64_t) -> void* { return nullptr; };
  EXPECT_EQ(why_not(&table, ENOMEM), "allocator: make() returned null");
  table.make = [](std::uint64_t) -> void* { throw std::bad_alloc(); };
  EXPECT_EQ(why_not(&table, ENOMEM), "allocator: no memory");
  table.make = [](std::uint64_t) -> void* { throw 7; };
  EXPECT_EQ(why_not(&table, EIO), "allocator: it threw an exception");
  table = kTable;
  table.free_blocks = [](const void*) -> std::uint64_t { return 5; };
  EXPECT_EQ(
      why_not(&table, EINVAL),
      "allocator: new, it says it has 5 of 2048 blocks free; the device has 2048");
  table.free_blocks = [](const void*) -> std::uint64_t { throw 7; };
  EXPECT_EQ(why_not(&table, EIO), "allocator: it threw an exception");
}

}  // namespace
}  // namespace quire::tests
