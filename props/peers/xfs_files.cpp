// The files of a case as ref's XFS room has them.
#include "props/memory/poison_resource.h"
#include "props/peers/files.h"
#include "props/peers/ref_device.h"
#include "props/peers/ref_files_of.h"

#include "ref/xfs/block_gc.h"
#include "ref/xfs/ledger.h"
#include "ref/xfs/volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

namespace xfs = ref::xfs;

/// No command names it.
constexpr std::uint64_t kBallast = 1000;

/// One of `choices` by the lowest digit of `number`, which is taken off.
template <std::size_t n>
std::uint64_t take(std::uint64_t& number, const std::array<std::uint64_t, n>& choices) {
  const std::uint64_t digit = number % n;
  number /= n;
  return choices[digit];
}

/// How volume `setting.mount` is mounted; number 0 is as mount(8) does it without options.
xfs::MountOptions options_of(const Setting& setting) {
  xfs::MountOptions options;
  options.block_size = setting.block_size;
  std::uint64_t number = setting.mount;
  options.always_cow = take<2>(number, {0, 1}) != 0;
  options.allocsize = take<3>(number, {0, 4096, 1 << 20});
  options.run_max = take<3>(number, {options.run_max, 1, 5});
  options.stripe = take<2>(number, {0, 16 << 10});
  return options;
}

// TODO(rooms): goes when xfs::File has these calls of its own.
class XfsFile {
 public:
  XfsFile(xfs::File file, bool appends) : file_(std::move(file)), appends_(appends) {}
  std::int64_t pwritev2(const iovec* s, int n, std::int64_t at, int flags) {
    if (at < -1) return file_.pwritev2(s, n, at, flags);
    bool noappend = (flags & 0x20) != 0;
    const bool known = (flags & ~0x3e) == 0;
    if (noappend && known && (flags & 0x10) != 0) return file_.pwritev2(s, n, at, 1 << 30) == -EOPNOTSUPP ? -EINVAL : file_.pwritev2(s, n, at, 1<<30);
    const bool append = (appends_ && !(noappend && known)) || (flags & 0x10) != 0;
    int f = known ? flags & ~0x20 : flags;
    if (append) f |= 0x10;
    if (!known) f = flags;
    const std::int64_t got = file_.pwritev2(s, n, at == -1 ? position_ : at, f);
    if (at == -1 && got > 0) position_ = append ? file_.size() : position_ + got;
    return got;
  }
  std::int64_t preadv2(const iovec* s, int n, std::int64_t at, int flags) {
    int f = (flags & ~0x3e) == 0 && (flags & 0x30) != 0x30 ? 0 : flags;
    const std::int64_t got = file_.preadv2(s, n, at == -1 ? position_ : at, f);
    if (at == -1 && got > 0) position_ += got;
    if (got == -EOPNOTSUPP && (flags & ~0x3e) == 0) return -EINVAL;
    return got;
  }
  int fsync() { return file_.fsync(); }
  int fdatasync() { return file_.fsync(); }
  int ftruncate(std::int64_t n) { return file_.ftruncate(n); }
  int fallocate(int m, std::int64_t a, std::int64_t n) { return file_.fallocate(m, a, n); }
  int clone_range(XfsFile& from, std::int64_t a, std::int64_t n, std::int64_t to) {
    if (appends_) return -EBADF;
    if (a < 0 || n < 0 || to < 0 || a > INT64_MAX - n || to > INT64_MAX - n) return -EINVAL;
    return file_.clone_range(from.file_, a, n, to);
  }
  std::int64_t lseek(std::int64_t off, int whence) {
    std::int64_t to = off;
    if (whence == SEEK_CUR) to += position_;
    else if (whence == SEEK_END) to += file_.size();
    else if (whence == SEEK_DATA || whence == SEEK_HOLE) {
      if (off < 0) return -ENXIO;
      to = whence == SEEK_DATA ? file_.seek_data(off) : file_.seek_hole(off);
      if (to < 0) return to;
    } else if (whence != SEEK_SET) return -EINVAL;
    if (to < 0) return -EINVAL;
    return position_ = to;
  }
  std::int64_t size() const { return file_.size(); }
  int close() { return file_.close(); }
  void drop_cache() { file_.drop_cache(); }
 private:
  xfs::File file_;
  bool appends_;
  std::int64_t position_ = 0;
};
struct XfsVolume {
  explicit XfsVolume(std::unique_ptr<xfs::Volume> v) : volume(std::move(v)) {}
  int syncfs(XfsFile& f) { return f.fsync(); }
  std::unique_ptr<xfs::Volume> volume;
};

class XfsFiles final : public RefFilesOf<XfsVolume, XfsFile> {
 public:
  explicit XfsFiles(std::unique_ptr<xfs::Volume> volume)
      : RefFilesOf("ref-xfs", std::make_unique<XfsVolume>(std::move(volume))) {}

  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return file(h).fallocate(mode, at, length);
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    return file(h).clone_range(observed(source.file), source.from, source.length, at);
  }

  void fill(std::uint64_t leave) override {
    XfsFile& ballast = observed(kBallast);
    const std::uint64_t block = v().block_size();
    std::uint64_t bytes = static_cast<std::uint64_t>(ballast.size());
    for (std::uint64_t piece = v().blocks() / 2 * block; block <= piece;) {
      const std::uint64_t step = piece / block * block;
      if (ballast.fallocate(0, static_cast<std::int64_t>(bytes), static_cast<std::int64_t>(step)) == 0) {
        bytes += step;
      } else {
        piece /= 2;
      }
    }
    bytes -= std::min(bytes, (leave + block - 1) / block * block);
    ballast.ftruncate(static_cast<std::int64_t>(bytes));
  }
  void release() override { observed(kBallast).ftruncate(0); }

  /// The books are judged (ACC-1), and then what was kept in vain is collected.
  std::optional<std::string> leak() override {
    xfs::record_ledger(v().mount());
    xfs::collect_blocks(v().mount(), {});
    if (v().free_blocks() == v().blocks()) return std::nullopt;
    return fmt::format(
        "{} of {} blocks are free, {} reserved", v().free_blocks(), v().blocks(),
        v().reserved_blocks());
  }

 private:
  xfs::Volume& v() { return *volume().volume; }
  XfsFile open(std::uint64_t number, bool appends) override {
    return XfsFile(v().open(number, {.caller = &caller_}), appends);
  }
  ref::vfs::Caller& caller() override { return caller_; }

  ref::vfs::Caller caller_;
};

class XfsFilesBed final : public FilesBed {
 public:
  explicit XfsFilesBed(std::uint64_t bytes) : device_(bytes) {}

  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    device_.repoison();
    xfs::MountOptions options = options_of(setting);
    options.memory = &memory_;
    options.recorder = &recorder;
    auto volume = xfs::Volume::make(device_, options);
    if (!volume) throw std::runtime_error(volume.error());
    return std::make_unique<XfsFiles>(std::move(*volume));
  }

 private:
  RefDevice device_;
  PoisonResource memory_;
};

}  // namespace

std::unique_ptr<FilesBed> make_xfs_files(std::uint64_t bytes) {
  return std::make_unique<XfsFilesBed>(bytes);
}

}  // namespace quire::props
