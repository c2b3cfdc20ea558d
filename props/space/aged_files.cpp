#include "props/space/aged_files.h"

#include <algorithm>
#include <array>
#include <random>

namespace quire::props {
namespace {

using Random = std::mt19937_64;

std::uint64_t up_to(Random& random, std::uint64_t most) { return random() % (most + 1); }

bool is_fuller_than(const AnyAllocator& allocator, std::uint64_t percent) {
  return allocator.free_blocks() < allocator.blocks() / 100 * (100 - percent);
}

/// Few large files are filled side by side; then any part of them is written anew elsewhere, as
/// stores that copy on write do.
void age_database(AgedFiles& files, const AnyAllocator& allocator, std::uint64_t seed) {
  constexpr std::size_t kFiles = 16;
  constexpr int kRewrites = 10'000;
  Random random(seed);
  for (std::size_t i = 0; i < kFiles; ++i) files.add();
  while (!is_fuller_than(allocator, 70)) {
    const std::size_t file = up_to(random, kFiles - 1);
    const std::uint64_t goal = allocator.blocks() / kFiles * file;
    if (!files.append(file, 1 + up_to(random, 15), goal)) break;
  }
  for (int i = 0; i < kRewrites; ++i) {
    const std::size_t file = up_to(random, kFiles - 1);
    const std::size_t extents = files.extents(file).size();
    if (extents != 0) files.rewrite(file, up_to(random, extents - 1));
  }
}

/// Streams are appended to in turn, a little each time; a full one is closed, and the oldest is
/// removed where space runs out.
void age_log(AgedFiles& files, const AnyAllocator& allocator, std::uint64_t seed) {
  constexpr std::size_t kStreams = 8;
  constexpr std::uint64_t kBlocksMax = 512;
  constexpr int kAppends = 10'000;
  Random random(seed);
  std::array<std::size_t, kStreams> open;
  std::array<std::uint64_t, kStreams> left;
  left.fill(0);
  std::size_t oldest = 0;
  for (int i = 0; i < kAppends; ++i) {
    const std::size_t stream = up_to(random, kStreams - 1);
    if (left[stream] == 0) {
      open[stream] = files.add();
      left[stream] = kBlocksMax / 2 + up_to(random, kBlocksMax / 2 - 1);
    }
    while (is_fuller_than(allocator, 85) && oldest + kStreams < files.count())
      files.remove(oldest++);
    const std::uint64_t blocks = std::min<std::uint64_t>(left[stream], 1 + up_to(random, 31));
    files.append(open[stream], blocks, allocator.blocks() / kStreams * stream);
    left[stream] -= blocks;
  }
}

/// Many small files and few large ones, each near the last one of its folder; on a device that is
/// nearly full any of them is removed.
void age_mail(AgedFiles& files, const AnyAllocator& allocator, std::uint64_t seed) {
  constexpr std::size_t kFolders = 64;
  constexpr int kFiles = 10'000;
  Random random(seed);
  std::array<std::uint64_t, kFolders> last;
  for (std::size_t i = 0; i < kFolders; ++i) last[i] = allocator.blocks() / kFolders * i;
  std::vector<std::size_t> there;
  for (int i = 0; i < kFiles; ++i) {
    while (is_fuller_than(allocator, 90) && !there.empty()) {
      std::swap(there[up_to(random, there.size() - 1)], there.back());
      files.remove(there.back());
      there.pop_back();
    }
    const std::uint64_t kind = up_to(random, 99);
    const std::uint64_t blocks = kind < 90   ? 1 + up_to(random, 7)
                                 : kind < 99 ? 9 + up_to(random, 55)
                                             : 65 + up_to(random, 191);
    std::uint64_t& goal = last[up_to(random, kFolders - 1)];
    const std::size_t file = files.add();
    files.append(file, blocks, goal);
    if (files.end(file) != 0) goal = files.end(file);
    there.push_back(file);
  }
}

constexpr std::array kAgeings = {
    StandardAgeing{
        "database", "16 large files, 70 % full; 10,000 extents written anew elsewhere",
        age_database},
    StandardAgeing{"log", "8 streams of appends, 85 % full; the oldest log is removed", age_log},
    StandardAgeing{
        "mail", "10,000 files, most of 1 to 8 blocks, 90 % full; any file is removed", age_mail}};

}  // namespace

std::size_t AgedFiles::add() {
  files_.emplace_back();
  return files_.size() - 1;
}

bool AgedFiles::append(std::size_t file, std::uint64_t blocks, std::uint64_t goal) {
  std::vector<Extent>& extents = files_[file];
  const std::vector<Extent> granted = allocate(blocks, extents.empty() ? goal : end(file));
  extents.insert(extents.end(), granted.begin(), granted.end());
  return !granted.empty();
}

bool AgedFiles::rewrite(std::size_t file, std::size_t extent) {
  std::vector<Extent>& extents = files_[file];
  const Extent old = extents[extent];
  const std::vector<Extent> granted = allocate(old.length, old.start);
  if (granted.empty()) return false;
  allocator_.release(old);
  const auto at = extents.erase(extents.begin() + static_cast<std::ptrdiff_t>(extent));
  extents.insert(at, granted.begin(), granted.end());
  return true;
}

void AgedFiles::remove(std::size_t file) {
  for (const Extent& extent : files_[file]) allocator_.release(extent);
  files_[file].clear();
}

/// All of the blocks, or none.
std::vector<Extent> AgedFiles::allocate(std::uint64_t blocks, std::uint64_t goal) {
  constexpr std::size_t kPlaces = 8;
  std::vector<Extent> granted;
  if (!allocator_.reserve(blocks)) return granted;
  while (blocks != 0) {
    std::array<Extent, kPlaces> extents;
    const std::size_t n = allocator_.allocate({.want = blocks, .goal = goal}, extents);
    if (n == 0 || n > kPlaces) throw NoGrant();
    const std::uint64_t start = extents[0].start;
    if (granted.empty()) distances_.push_back(goal < start ? start - goal : goal - start);
    grants_ += n;
    for (std::size_t i = 0; i < n; ++i) {
      granted_blocks_ += extents[i].length;
      blocks -= std::min(blocks, extents[i].length);
      granted.push_back(extents[i]);
    }
    goal = granted.back().end();
  }
  return granted;
}

std::span<const StandardAgeing> standard_ageings() { return kAgeings; }

}  // namespace quire::props
