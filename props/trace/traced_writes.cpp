#include "props/trace/traced_writes.h"

#include "props/suites/suite.h"
#include "props/trace/mark.h"
#include "props/trace/traced_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <utility>

namespace quire::props::trace {
namespace {

constexpr std::uint64_t kFileMax = 16 << 20;
constexpr std::uint64_t kPageBytes = 4096;
/// More than one begin reserves for.
constexpr std::uint64_t kLargeWrite = 5 << 20;
constexpr std::uint64_t kWritesPerFile = 9;
/// Blocks that are left free, of 1000, where preallocations are to be halved; enough for the
/// writes.
constexpr std::uint64_t kScarce[] = {45, 35, 25};

constexpr const char* kEvents[] = {
    "iomap/iomap_iter",
    "iomap/iomap_iter_dstmap",
    "iomap/iomap_iter_srcmap",
    "iomap/iomap_add_to_ioend",
    "iomap/iomap_writeback_folio",
    "iomap/iomap_zero_iter",
    "xfs/xfs_file_buffered_write",
    "xfs/xfs_zero_eof",
    "xfs/xfs_iomap_alloc",
    "xfs/xfs_iomap_found",
    "xfs/xfs_reflink_cow_found",
    "xfs/xfs_iomap_prealloc_size",
    "xfs/xfs_ilock",
    "xfs/xfs_ilock_nowait",
    "xfs/xfs_ilock_demote",
    "xfs/xfs_iunlock",
    "xfs/xfs_trans_alloc"};
constexpr const char* kFolioEvent = "filemap/mm_filemap_add_to_page_cache";

/// Waits until XFS has freed the blocks of files that are gone. A worker frees them some time after
/// the last close; until then the count of free blocks that a call is marked with is too small.
///
/// The call asks for the blocks behind the end of files of 2^62 bytes or more, so that no file of
/// ours changes (XFS_IOC_FREE_EOFBLOCKS; the argument is struct xfs_fs_eofblocks, version 1, flag
/// "least size").
void wait_for_freed_blocks(int root) {
  struct {
    std::uint32_t version = 1, flags = 1 << 4;
    std::uint32_t uid = 0, gid = 0, project = 0, unused = 0;
    std::uint64_t size_min = std::uint64_t{1} << 62;
    std::uint64_t reserved[12] = {};
  } argument;
  static_assert(sizeof(argument) == 128);
  const Descriptor folder(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::ioctl(folder.get(), _IOR('X', 58, decltype(argument)), &argument) != 0)
    throw CannotRun{std::string("xfs: freed blocks cannot be waited for: ") + std::strerror(errno)};
}

/// One file after another: grown, scattered over, shared.
class Script {
 public:
  Script(
      const Tracefs& trace, int root, const VolumeMark& volume, std::uint64_t seed,
      std::function<void()> drained)
      : trace_(trace), root_(root), volume_(volume), random_(seed), drained_(std::move(drained)) {}

  void run(std::uint64_t writes) {
    for (std::uint64_t made = 0; made < writes; ++made) {
      if (made % kWritesPerFile == 0) next_file();
      if (grows_) {
        grow();
      } else {
        scatter();
      }
      between();
      drained_();
    }
    file_.reset();
    remove_last();
    drained_();
  }

 private:
  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_);
  }
  bool one_in(std::uint64_t n) { return below(n) == 0; }

  /// Bytes of a write: of each size about as many, and often whole pages.
  std::uint64_t some_bytes() {
    if (one_in(50)) return kLargeWrite;
    const std::uint64_t most[] = {512, kPageBytes, 65536, 600'000};
    const std::uint64_t bytes = 1 + below(most[below(4)]);
    return one_in(3) ? (bytes + kPageBytes - 1) / kPageBytes * kPageBytes : bytes;
  }

  UserBuffer some_buffer() {
    memory_.clear();
    BufferShape shape{.kind = BufferKind::plain, .size = some_bytes()};
    if (one_in(6)) {
      shape.kind = BufferKind::ends_in_prot_none;
      shape.readable = below(shape.size + 1);
    }
    return memory_.source(shape, ++buffers_);
  }

  void next_file() {
    const std::uint64_t number = files_++;
    std::unique_ptr<TracedFile> last = std::move(file_);
    file_ = std::make_unique<TracedFile>(trace_, root_, name_of_file(number), volume_.block_size);
    const std::uint64_t kind = number % 3;
    grows_ = kind == 0;
    filler_ = number % 6 == 3 ? fill(kScarce[below(std::size(kScarce))]) : Descriptor();
    if (kind == 2 && last) file_->clone(*last);
    last.reset();
    if (number != 0) ::unlinkat(root_, name_of_file(number - 1).c_str(), 0);
    wait_for_freed_blocks(root_);
  }

  /// A file without a name that leaves so many of 1000 blocks free.
  Descriptor fill(std::uint64_t thousandths) {
    Descriptor filler(::openat(root_, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
    struct statvfs space {};
    if (!filler || ::fstatvfs(filler.get(), &space) != 0) throw CannotRun{"xfs: cannot be filled"};
    const std::uint64_t left = volume_.blocks * thousandths / 1000;
    const std::uint64_t taken = space.f_bfree - std::min<std::uint64_t>(space.f_bfree, left);
    const auto bytes = static_cast<off_t>(taken * volume_.block_size);
    if (bytes != 0 && ::fallocate(filler.get(), 0, 0, bytes) != 0)
      throw CannotRun{std::string("xfs: cannot be filled: ") + std::strerror(errno)};
    return filler;
  }

  void remove_last() { ::unlinkat(root_, name_of_file(files_ - 1).c_str(), 0); }

  void grow() {
    const UserBuffer from = some_buffer();
    if (one_in(4)) {
      file_->append(from);
    } else {
      // Now and then behind a gap.
      file_->write(from, file_->size() + (one_in(12) ? below(200'000) : 0));
    }
  }

  void scatter() {
    const UserBuffer from = some_buffer();
    // Often where there is something already.
    const std::uint64_t at = below(one_in(2) ? file_->size() + 1 : kFileMax);
    file_->write(from, one_in(3) ? at / kPageBytes * kPageBytes : at);
  }

  void between() {
    if (one_in(8)) file_->sync();
    if (one_in(grows_ ? 40 : 12)) {
      const std::uint64_t size = file_->size();
      file_->truncate(one_in(4) ? size + below(100'000) : below(size + 1));
    }
  }

  static std::string name_of_file(std::uint64_t number) { return fmt::format("file-{}", number); }

  const Tracefs& trace_;
  int root_;
  VolumeMark volume_;
  std::mt19937_64 random_;
  std::function<void()> drained_;
  UserMemory memory_;
  std::unique_ptr<TracedFile> file_;
  Descriptor filler_;
  bool grows_ = true;
  std::uint64_t files_ = 0, buffers_ = 0;
};

}  // namespace

std::string enable_events(const Tracefs& trace, std::uint64_t device) {
  // As the kernel keeps it: the minor number in the low 20 bits.
  const std::uint64_t number =
      std::uint64_t{::gnu_dev_major(device)} << 20 | ::gnu_dev_minor(device);
  for (const char* event : kEvents) {
    if (!trace.enable(event, fmt::format("dev == {}", number))) return event;
  }
  return trace.enable(kFolioEvent, fmt::format("s_dev == {}", number)) ? "" : kFolioEvent;
}

void make_traced_writes(
    const Tracefs& trace, int root, std::uint64_t writes, std::uint64_t seed,
    const std::function<void()>& drained) {
  const VolumeMark volume = volume_of(root);
  if (!trace.record(true)) throw CannotRun{"tracefs: nothing can be recorded"};
  trace.mark(to_text(volume));
  Script(trace, root, volume, seed, drained).run(writes);
  if (!trace.record(false)) throw CannotRun{"tracefs: recording cannot be stopped"};
  drained();
}

}  // namespace quire::props::trace
