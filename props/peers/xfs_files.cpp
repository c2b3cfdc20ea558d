// The files of a case by ref's model of XFS.
#include "props/peers/files.h"
#include "props/peers/ref_files_factory.h"
#include "props/peers/ref_files_of.h"

#include "ref/linux/xfs/block_gc.h"
#include "ref/linux/xfs/ledger.h"
#include "ref/linux/xfs/volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

namespace xfs = ref::xfs;

/// One of `choices` by the lowest digit of `number`, which is taken off.
template <std::size_t n>
std::uint64_t take(std::uint64_t& number, const std::array<std::uint64_t, n>& choices) {
  const std::uint64_t digit = number % n;
  number /= n;
  return choices[digit];
}

/// No case reaches this quota: ref's plain files, on the other side, have no EDQUOT.
constexpr std::uint64_t kUnreachable = std::uint64_t{1} << 60;

struct Made {
  xfs::MountOptions options;
  std::uint64_t extent_size_hint = 0;  ///< of every file, bytes; 0: none
};

/// How volume `setting.mount` is mounted and its files are made; number 0 is as mount(8) does it
/// without options.
Made made_of(const Setting& setting) {
  Made made;
  xfs::MountOptions& options = made.options;
  options.block_size = setting.block_size;
  std::uint64_t number = setting.mount;
  options.always_cow = take<2>(number, {0, 1}) != 0;
  options.allocsize = take<3>(number, {0, 4096, 1 << 20});
  options.run_max = take<3>(number, {options.run_max, 1, 5});
  options.stripe = take<2>(number, {0, 16 << 10});
  made.extent_size_hint = take<3>(number, {0, 0, 16 << 10});
  // A run that is allocated at once ends an attempt, and the judge grants four a page.
  if (made.extent_size_hint != 0) options.run_max = std::max<std::uint64_t>(options.run_max, 5);
  options.quota_enforced[0] = take<2>(number, {0, 1}) != 0;
  return made;
}

class XfsFiles final : public RefFilesOf<xfs::Volume, xfs::File> {
 public:
  XfsFiles(std::unique_ptr<xfs::Volume> volume, std::uint64_t extent_size_hint)
      : RefFilesOf("ref-xfs", std::move(volume)), extent_size_hint_(extent_size_hint) {}

  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return file(h).fallocate(mode, at, length);
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    return file(h).clone_range(observed(source.file), source.from, source.length, at);
  }

  /// Reserves the blocks and never allocates them: a file would take an extent for each run.
  void fill(std::uint64_t leave) override {
    xfs::Space& space = volume().mount().space;
    const std::uint64_t left = std::min(space.free(), leave / volume().block_size() + 1);
    const std::uint64_t taken = space.free() - left;
    if (space.reserve(taken)) promised_ += taken;
  }
  void release() override { volume().mount().space.unreserve(std::exchange(promised_, 0)); }

  /// Checks the counts of blocks (ACC-1), then frees unused preallocations.
  std::optional<std::string> leak() override {
    xfs::record_ledger(volume().mount());
    xfs::collect_blocks(volume().mount(), {});
    if (volume().free_blocks() == volume().blocks()) return std::nullopt;
    return fmt::format(
        "{} of {} blocks are free, {} reserved", volume().free_blocks(), volume().blocks(),
        volume().reserved_blocks());
  }

 private:
  xfs::File open(std::uint64_t number, bool appends) override {
    xfs::File opened = volume().open(number, {.append = appends, .caller = &caller_});
    volume().node(number).inode.extent_size_hint = extent_size_hint_ / volume().block_size();
    return opened;
  }
  ref::vfs::Caller& caller() override { return caller_; }

  std::uint64_t extent_size_hint_;  ///< bytes
  ref::vfs::Caller caller_;
  std::uint64_t promised_ = 0;  ///< blocks
};

std::unique_ptr<Files> make_xfs_volume(
    RefDevice& device, PoisonResource& memory, const Setting& setting, spec::Recorder& recorder) {
  auto [options, extent_size_hint] = made_of(setting);
  options.memory = &memory;
  options.recorder = &recorder;
  auto volume = xfs::Volume::make(device, options);
  if (!volume) throw std::runtime_error(volume.error());
  (*volume)->mount().quotas.find(xfs::QuotaType::user, 0).set_limits(64, kUnreachable);
  return std::make_unique<XfsFiles>(std::move(*volume), extent_size_hint);
}

}  // namespace

std::unique_ptr<FilesFactory> make_xfs_files(std::uint64_t bytes) {
  return std::make_unique<RefFilesFactory>(bytes, make_xfs_volume);
}

}  // namespace quire::props
