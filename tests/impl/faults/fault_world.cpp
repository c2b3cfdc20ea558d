#include "tests/impl/faults/fault_world.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace quire::tests {

thread_local AllocationFaults allocation_faults;

bool AllocationFaults::take(std::size_t bytes_asked) {
  bytes += bytes_asked;
  if (until_failure < 0) return false;
  if (until_failure > 0) {
    --until_failure;
    return false;
  }
  if (!for_good) until_failure = -1;
  ++failed;
  return true;
}

int FaultyDevice::read(std::span<const DeviceRun> runs) {
  if (fault) {
    if (const auto answer = fault(DeviceOp::read)) return *answer;
  }
  for (const DeviceRun& run : runs) {
    const char* from = bytes_.data() + run.device_pos;
    for (const iovec& segment : run.segments) {
      std::memcpy(segment.iov_base, from, segment.iov_len);
      from += segment.iov_len;
    }
  }
  return 0;
}

void FaultyDevice::write(std::span<const DeviceRun> runs, std::span<int> results) {
  ++write_calls;
  if (fault) {
    if (const auto answer = fault(DeviceOp::write)) {
      for (int& result : results) result = *answer;
      return;
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    ++runs_written;
    results[i] = run_fault ? run_fault(runs[i]) : 0;
    if (results[i] != 0) continue;
    char* to = bytes_.data() + runs[i].device_pos;
    for (const iovec& segment : runs[i].segments) {
      std::memcpy(to, segment.iov_base, segment.iov_len);
      to += segment.iov_len;
    }
  }
}

int FaultyDevice::flush() {
  ++flushes;
  if (fault) {
    if (const auto answer = fault(DeviceOp::flush)) return *answer;
  }
  return 0;
}

void* FaultyMemory::do_allocate(std::size_t bytes, std::size_t alignment) {
  if (allocation_faults.take(bytes)) {
    // A resource may throw anything.
    if (bytes > kBlock) throw std::runtime_error("no folio of this size");
    throw std::bad_alloc();
  }
  return std::aligned_alloc(alignment, bytes);
}
void FaultyMemory::do_deallocate(void* p, std::size_t, std::size_t) { std::free(p); }

std::string pattern(std::uint64_t length, char fill) {
  std::string bytes(length, fill);
  for (std::uint64_t i = 0; i < length; ++i) bytes[i] = static_cast<char>(fill + i / 64 % 17);
  return bytes;
}

std::string contents(File& file) {
  std::string bytes(static_cast<std::size_t>(file.size()), '?');
  const iovec whole{bytes.data(), bytes.size()};
  EXPECT_EQ(file.preadv2(&whole, 1, 0, 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

namespace {

/// Puts bytes over a file's bytes; a gap before them is zero.
void put(std::string& bytes, std::uint64_t pos, const std::string& over) {
  if (bytes.size() < pos + over.size()) bytes.resize(pos + over.size(), '\0');
  bytes.replace(pos, over.size(), over);
}

}  // namespace

World::World(VolumeAllocator allocator)
    : volume_(Volume::open(device_, {.memory = &memory_, .allocator = allocator}).value()) {
  for (const std::uint64_t number : {1, 2}) files_.emplace(number, volume_.file(number).value());
}

void World::write(std::uint64_t number, std::uint64_t pos, std::uint64_t length, char fill) {
  std::string from = pattern(length, fill);
  const iovec whole{from.data(), from.size()};
  ASSERT_EQ(
      file(number).pwritev2(&whole, 1, static_cast<off_t>(pos), 0), static_cast<ssize_t>(length));
  put(bytes(number), pos, from);
}
void World::fsync(std::uint64_t number) { ASSERT_EQ(file(number).fsync(), 0); }
void World::truncate(std::uint64_t number, std::uint64_t length) {
  ASSERT_EQ(file(number).ftruncate(static_cast<off_t>(length)), 0);
  bytes(number).resize(length, '\0');
}
void World::drop_cache(std::uint64_t number) { ASSERT_EQ(file(number).drop_cache(), 0); }

void World::check_books() {
  std::uint64_t mapped = 0;
  for (const auto& [number, file] : files_) {
    for (std::uint64_t block = 0; block < 2 * kBlocks; ++block)
      mapped += file.device_block_of(block) ? 1 : 0;
  }
  // Its dirty blocks are not seen from outside; those that are not mapped are written in the end.
  const spec::Books<std::uint64_t> books{
      kBlocks, volume_.free_blocks(), volume_.reserved_blocks(), mapped, volume_.reserved_blocks()};
  EXPECT_TRUE(spec::books_add_up.holds(books))
      << volume_.free_blocks() << " free, " << volume_.reserved_blocks() << " reserved, " << mapped
      << " mapped";
}

void World::check_bytes() {
  for (auto& [number, file] : files_) {
    EXPECT_EQ(file.size(), static_cast<off_t>(bytes(number).size())) << "file " << number;
    EXPECT_TRUE(contents(file) == bytes(number)) << "file " << number;
  }
}

void World::check_to_the_end() {
  for (auto& [number, file] : files_) EXPECT_EQ(file.fsync(), 0) << "file " << number;
  EXPECT_EQ(volume_.reserved_blocks(), 0u) << "nothing is dirty";
  for (auto& [number, file] : files_) EXPECT_EQ(file.drop_cache(), 0);
  check_books();
  check_bytes();
  for (auto& [number, file] : files_) EXPECT_EQ(file.ftruncate(0), 0);
  EXPECT_EQ(volume_.free_blocks(), kBlocks);
}

std::vector<Situation> situations() {
  const auto scattered = [](World& w) {
    for (std::uint64_t i = 0; i < 12; ++i) {
      w.write(1, 2 * i * kBlock, kBlock, 'a');
      w.write(2, 3 * i * kBlock, kBlock, 'n');
    }
  };
  const auto mapped = [scattered](World& w) {
    scattered(w);
    for (const std::uint64_t number : {2, 1}) w.fsync(number);
  };
  return {
      {"fresh", [](World&) {}},
      {"a few bytes", [](World& w) { w.write(1, 0, 100, 'a'); }},
      {"scattered dirty pages", scattered},
      {"scattered pages, mapped", mapped},
      {"mapped and dirty again",
       [mapped](World& w) {
         mapped(w);
         w.write(1, 0, 3 * kBlock + 7, 'c');
         w.write(1, 30 * kBlock, 2 * kBlock, 'd');
       }},
      {"mapped and dropped",
       [mapped](World& w) {
         mapped(w);
         for (const std::uint64_t number : {1, 2}) w.drop_cache(number);
       }},
      {"large folios, dirty", [](World& w) { w.write(1, 0, 80 * kBlock, 'a'); }},
      {"large folios, mapped, with a hole",
       [](World& w) {
         w.write(1, 0, 40 * kBlock, 'a');
         w.write(1, 64 * kBlock + 5, 40 * kBlock, 'b');
         w.fsync(1);
         w.drop_cache(1);
       }},
      {"a tail in the middle of a block",
       [](World& w) {
         w.write(1, 0, 5 * kBlock, 'a');
         w.fsync(1);
         w.truncate(1, 4 * kBlock + 1000);
       }},
      {"a full volume",
       [](World& w) {
         w.write(2, 0, 200 * kBlock, 'n');
         w.fsync(2);
         w.write(1, 0, 56 * kBlock, 'a');
       }},
  };
}

namespace {

Call write_call(
    const std::string& name, std::uint64_t pos, std::uint64_t length, std::size_t pieces) {
  // Made beforehand, so that only the allocations of libquire fail.
  const auto from = std::make_shared<const std::string>(pattern(length, 'w'));
  std::vector<iovec> segments;
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::uint64_t begin = length * i / pieces, end = length * (i + 1) / pieces;
    segments.push_back({const_cast<char*>(from->data()) + begin, end - begin});
  }
  return {
      name,
      [=](World& w) {
        return w.file(1).pwritev2(
            segments.data(), static_cast<int>(pieces), static_cast<off_t>(pos), 0);
      },
      [=](std::string& bytes, std::int64_t answer) {
        put(bytes, pos, from->substr(0, static_cast<std::size_t>(answer)));
      },
      spec::FileCall::write};
}

Call truncate_call(std::uint64_t length) {
  return {
      "ftruncate(" + std::to_string(length) + ")",
      [=](World& w) { return w.file(1).ftruncate(static_cast<off_t>(length)); },
      [=](std::string& bytes, std::int64_t) { bytes.resize(length, '\0'); },
      spec::FileCall::truncate, length};
}

}  // namespace

std::vector<Call> calls() {
  const auto nothing = [](std::string&, std::int64_t) {};
  const auto to = std::make_shared<std::vector<char>>(160 * kBlock);
  return {
      write_call("one byte", 10, 1, 1),
      write_call("a block", 2 * kBlock, kBlock, 1),
      write_call("across pages, unaligned", 5 * kBlock + 3, 3 * kBlock, 3),
      write_call("many segments", kBlock - 1, 3 * kBlock, 40),
      write_call("a large piece", 8 * kBlock, 32 * kBlock, 1),
      write_call("past the end", 150 * kBlock + 1, 2 * kBlock, 1),
      {"preadv2 of all",
       [to](World& w) {
         const iovec whole{to->data(), to->size()};
         return w.file(1).preadv2(&whole, 1, 0, 0);
       },
       nothing, spec::FileCall::read},
      {"fsync", [](World& w) { return w.file(1).fsync(); }, nothing, spec::FileCall::fsync},
      truncate_call(0),
      truncate_call(kBlock),
      truncate_call(4 * kBlock + 100),
      truncate_call(9 * kBlock + 1),
      truncate_call(120 * kBlock + 7),
      {"drop_cache", [](World& w) { return w.file(1).drop_cache(); }, nothing,
       spec::FileCall::drop_cache},
      {"Volume::file",
       [](World& w) -> std::int64_t {
         const auto made = w.volume().file(77);
         return made ? 0 : -made.error().code;
       },
       nothing, spec::FileCall::read},
  };
}

}  // namespace quire::tests
