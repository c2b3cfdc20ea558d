// A volume: its making, and its files.
#include "ref/volume.h"

#include "ref/require.h"
#include "ref/writeback.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <cerrno>

namespace quire::ref {
namespace {

constexpr std::uint64_t kBlocksMin = 16;

}  // namespace

/// Time and flusher for the volume's throttle.
class Volume::Surroundings final : public ThrottleSurroundings {
 public:
  Surroundings(Volume& volume, ThrottleClock& clock) : volume_(volume), clock_(clock) {}

  std::uint64_t now() override { return clock_.now(); }
  bool fatal_signal() override { return clock_.fatal_signal(); }
  void start_flusher() override { flusher_runs_ = true; }

  std::uint64_t sleep(std::uint64_t ms) override {
    // One thread plays both: the flusher has its turn while the writer sleeps.
    if (flusher_runs_) volume_.write_back_all();
    flusher_runs_ = false;
    return clock_.sleep(ms);
  }

  std::uint64_t cached_dirty_pages() override { return volume_.cached_dirty_pages(); }

 private:
  Volume& volume_;
  ThrottleClock& clock_;
  bool flusher_runs_ = false;
};

std::expected<std::unique_ptr<Volume>, std::string> Volume::make(
    Device& device, const VolumeOptions& options) {
  const std::uint64_t block_size = options.block_size;
  const std::string named = "block size " + std::to_string(block_size);
  if (!spec::is_power_of_two(block_size)) return std::unexpected(named + " is not a power of two");
  if (block_size < spec::kBlockSizeMin || spec::kBlockSizeMax < block_size) {
    return std::unexpected(named + " is not from 512 to 4096");
  }
  if (block_size < device.sector_size()) {
    return std::unexpected(
        named + " is below the device's sector size " + std::to_string(device.sector_size()));
  }
  if (device.size() / block_size < kBlocksMin) {
    return std::unexpected("the device is too small: it has fewer than 16 blocks");
  }
  return std::unique_ptr<Volume>(new Volume(device, options));
}

Volume::Volume(Device& device, const VolumeOptions& options)
    : superblock_{
          .device = device,
          .block_size = options.block_size,
          .space = FirstFit(device.size() / options.block_size),
          .memory = options.memory,
          .recorder = options.recorder,
          .errors = NotedErrSeq(options.recorder, kVolumeErrors)} {
  if (!options.throttle) return;
  const VolumeThrottle& asked = *options.throttle;
  require(asked.clock != nullptr, "a volume is throttled without a clock");
  surroundings_ = std::make_unique<Surroundings>(*this, *asked.clock);
  throttle_ = std::make_unique<DirtyThrottle>(
      asked.available_pages, asked.pages_per_second, *surroundings_, options.recorder);
  superblock_.throttle = throttle_.get();
}

Volume::~Volume() = default;

File Volume::open(std::uint64_t number) {
  return File(inodes_.try_emplace(number, superblock_, number).first->second);
}

void Volume::write_back_all() {
  for (auto& [number, inode] : inodes_) {
    write_back_file(inode);
    inode.errors.check_and_keep();
  }
}

std::uint64_t Volume::cached_dirty_pages() {
  std::uint64_t pages = 0;
  for (auto& [number, inode] : inodes_) {
    for (const auto& [index, folio] : inode.pages.folios()) {
      if (folio.dirty()) pages += folio.size() / spec::kPageSize;
    }
  }
  return pages;
}

void Volume::sync() {
  write_back_all();
  superblock_.device.flush();
}

int Volume::syncfs(File& file) {
  if (file.inode_ == nullptr) return -EBADF;
  require(&file.inode_->volume == &superblock_, "syncfs of another volume's file");
  write_back_all();
  const int flush_error = superblock_.device.flush();
  const int error = superblock_.errors.check_and_advance(file.volume_errors_);
  return error != 0 ? error : flush_error;
}

}  // namespace quire::ref
