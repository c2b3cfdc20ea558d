// A volume whose memory and device fail on command, and the bytes that its files must hold.
#pragma once

#include "spec/write/failed_call.h"

#include <quire/quire.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

namespace quire::tests {

/// Allocations of the calling thread, through operator new and through folio memory.
struct AllocationFaults {
  std::int64_t until_failure = -1;  ///< allocations that still succeed; below 0: no fault is set
  bool for_good = false;            ///< all behind the first that fails, fail too
  std::uint64_t failed = 0;         ///< allocations that failed so far
  std::uint64_t bytes = 0;          ///< asked for so far

  /// Whether the allocation of so many bytes that is made now must fail.
  bool take(std::size_t bytes_asked);
};
extern thread_local AllocationFaults allocation_faults;

enum class DeviceOp { read, write, flush };

/// A device in memory, full of 0xDB, each of whose operations a test can break. One thread at a
/// time.
class FaultyDevice final : public BlockDevice {
 public:
  explicit FaultyDevice(std::uint64_t bytes) : bytes_(bytes, '\xDB'), size_(bytes) {}
  /// One that says it has `says` bytes, of which `bytes` are there.
  FaultyDevice(std::uint64_t bytes, std::uint64_t says) : bytes_(bytes, '\xDB'), size_(says) {}

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return 512; }
  const std::string& name() const override { return name_; }
  int read(std::span<const DeviceRun> runs) override;
  void write(std::span<const DeviceRun> runs, std::span<int> results) override;
  int flush() override;
  bool stable_writes() const override { return stable; }

  /// Called before each operation: may throw, and its answer is that of the operation (a
  /// write's: of each run). Empty: the operation is carried out.
  std::function<std::optional<int>(DeviceOp)> fault;
  /// Called for each run of a write; an answer that is not 0 is its result, and it is not written.
  std::function<int(const DeviceRun&)> run_fault;
  bool stable = false;
  std::uint64_t write_calls = 0, runs_written = 0, flushes = 0;

 private:
  std::string bytes_;
  std::uint64_t size_;
  std::string name_ = "faulty device";
};

/// Folio memory whose allocations fail as allocation_faults says.
class FaultyMemory final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

constexpr std::uint64_t kBlock = 4096, kBlocks = 256;

/// A volume of kBlocks blocks with files 1 and 2 open, and the bytes that each must hold.
class World {
 public:
  explicit World(VolumeAllocator allocator = {});

  File& file(std::uint64_t number) { return files_.at(number); }
  Volume& volume() { return volume_; }
  FaultyDevice& device() { return *device_; }
  std::string& bytes(std::uint64_t number) { return model_[number]; }

  /// One call, which must succeed; for setting a situation up.
  void write(std::uint64_t number, std::uint64_t pos, std::uint64_t length, char fill);
  void fsync(std::uint64_t number);
  void truncate(std::uint64_t number, std::uint64_t length);
  void drop_cache(std::uint64_t number);

  /// free + reserved + mapped == blocks (ACC-1); the mapped ones are counted block by block.
  void check_books();
  /// Both files have their sizes and bytes.
  void check_bytes();
  /// All of that still holds when everything is written back, dropped and read again; and a volume
  /// whose files are emptied is free to the last block.
  void check_to_the_end();

 private:
  FaultyMemory memory_;
  std::shared_ptr<FaultyDevice> device_ = std::make_shared<FaultyDevice>(kBlock * kBlocks);
  Volume volume_;
  std::map<std::uint64_t, File> files_;
  std::map<std::uint64_t, std::string> model_;
};

/// A state to make a call in.
struct Situation {
  std::string name;
  std::function<void(World&)> set_up;
};
std::vector<Situation> situations();

/// A call of libquire on file 1.
struct Call {
  std::string name;
  std::function<std::int64_t(World&)> make;
  /// Brings the bytes that file 1 must hold in line with an answer that is no error.
  std::function<void(std::string& bytes, std::int64_t answer)> apply;
  spec::FileCall kind = spec::FileCall::read;
  std::uint64_t asked_size = 0;  ///< of a truncate
};
std::vector<Call> calls();

/// The bytes of a whole file, read through its handle.
std::string contents(File& file);
/// Bytes that differ from position to position, beginning with `fill`.
std::string pattern(std::uint64_t length, char fill);

}  // namespace quire::tests
