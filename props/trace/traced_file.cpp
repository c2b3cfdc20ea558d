#include "props/trace/traced_file.h"

#include "props/suites/suite.h"

#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

namespace quire::props::trace {
namespace {

/// The most extents of a mark: enough for the runs that decide a preallocation.
constexpr std::size_t kExtentsMarked = 12;
/// Upper bounds of the free blocks that each CPU keeps back from the counter, and of those that XFS
/// sets aside for a full file system.
constexpr std::uint64_t kKeptBack = 1024, kSetAside = 256;

/// The struct of XFS_IOC_FSGEOMETRY_V1 (ioctl_xfs_fsgeometry(2)).
struct Geometry {
  std::uint32_t block_size, rt_extent, ag_blocks, ag_count, log_blocks, sector_size, inode_size,
      inodes_max_percent;
  std::uint64_t blocks, rt_blocks, rt_extents, log_start;
  unsigned char uuid[16];
  std::uint32_t stripe_unit, stripe_width;
  std::int32_t version;
  std::uint32_t flags, log_sector_size, rt_sector_size, directory_block_size;
};
static_assert(sizeof(Geometry) == 112);

CannotRun failed(const std::string& what) { return {what + ": " + std::strerror(errno)}; }

/// The file's extents, each as it is.
std::vector<fiemap_extent> extents_of(int file) {
  constexpr std::uint32_t kAtOnce = 256;
  std::vector<fiemap_extent> all;
  std::vector<std::byte> answer(sizeof(fiemap) + kAtOnce * sizeof(fiemap_extent));
  auto* const map = reinterpret_cast<fiemap*>(answer.data());
  do {
    std::memset(map, 0, sizeof(*map));
    map->fm_start = all.empty() ? 0 : all.back().fe_logical + all.back().fe_length;
    map->fm_length = FIEMAP_MAX_OFFSET - map->fm_start;
    map->fm_extent_count = kAtOnce;
    if (::ioctl(file, FS_IOC_FIEMAP, map) != 0) throw failed("FIEMAP");
    all.insert(all.end(), map->fm_extents, map->fm_extents + map->fm_mapped_extents);
  } while (map->fm_mapped_extents == kAtOnce);
  return all;
}

}  // namespace

VolumeMark volume_of(int root) {
  // `root` may be a descriptor that only names (O_PATH).
  const Descriptor folder(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Geometry geometry{};
  if (::ioctl(folder.get(), _IOR('X', 100, Geometry), &geometry) != 0) throw failed("no XFS");
  const auto cpus = static_cast<std::uint64_t>(::sysconf(_SC_NPROCESSORS_CONF));
  return {
      geometry.block_size, geometry.blocks, geometry.stripe_unit,
      kKeptBack * cpus + kSetAside * geometry.ag_count};
}

TracedFile::TracedFile(
    const Tracefs& trace, int root, const std::string& name, std::uint64_t block_size)
    : trace_(&trace),
      file_(::openat(root, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)),
      appending_(::openat(root, name.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)),
      block_size_(block_size) {
  struct stat found {};
  if (!file_ || !appending_ || ::fstat(file_.get(), &found) != 0) throw failed(name);
  ino_ = found.st_ino;
}

std::uint64_t TracedFile::size() const {
  struct stat found {};
  if (::fstat(file_.get(), &found) != 0) throw failed("fstat");
  return static_cast<std::uint64_t>(found.st_size);
}

void TracedFile::write(const UserBuffer& from, std::uint64_t pos) {
  marked({true, ino_, pos, from.size, size(), 0}, [&] {
    return ::pwrite(file_.get(), from.data, from.size, static_cast<off_t>(pos));
  });
}

void TracedFile::append(const UserBuffer& from) {
  const std::uint64_t end = size();
  marked({true, ino_, end, from.size, end, 0}, [&] {
    return ::write(appending_.get(), from.data, from.size);
  });
}

void TracedFile::truncate(std::uint64_t to) {
  marked({false, ino_, to, 0, size(), 0}, [&] {
    return ssize_t{::ftruncate(file_.get(), static_cast<off_t>(to))};
  });
}

void TracedFile::sync() const {
  if (::fsync(file_.get()) != 0) throw failed("fsync");
}

void TracedFile::clone(const TracedFile& from) const {
  if (::ioctl(file_.get(), FICLONE, from.descriptor()) != 0) throw failed("FICLONE");
}

template <class Call>
void TracedFile::marked(CallMark mark, const Call& call) {
  struct statvfs space {};
  if (::fstatvfs(file_.get(), &space) != 0) throw failed("fstatvfs");
  mark.free = space.f_bfree;
  if (mark.is_write && mark.size < mark.pos + mark.count) mark_extents();
  trace_->mark(to_text(mark));
  const ssize_t answer = call();
  const ssize_t result = answer < 0 ? -errno : answer;
  trace_->mark(to_text(ReturnMark{ino_, result, size()}));
}

void TracedFile::mark_extents() const {
  const std::vector<fiemap_extent> all = extents_of(file_.get());
  const std::size_t first = all.size() - std::min(all.size(), kExtentsMarked);
  ExtentsMark mark{ino_, first == 0, {}};
  for (std::size_t i = first; i < all.size(); ++i) {
    const bool delayed = (all[i].fe_flags & FIEMAP_EXTENT_DELALLOC) != 0;
    mark.extents.push_back(
        {all[i].fe_logical / block_size_, all[i].fe_length / block_size_, delayed,
         delayed ? 0 : all[i].fe_physical / block_size_});
  }
  trace_->mark(to_text(mark));
}

}  // namespace quire::props::trace
