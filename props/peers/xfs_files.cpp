// The files of a case by ref's model of XFS.
#include "props/audit/begin_audit.h"
#include "props/audit/xfs_audit.h"
#include "props/peers/files.h"
#include "props/peers/ref_files_factory.h"
#include "props/peers/ref_files_of.h"

#include "ref/linux/iomap/page_mkwrite.h"
#include "ref/linux/xfs/block_gc.h"
#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/ledger.h"
#include "ref/linux/xfs/read_ops.h"
#include "ref/linux/xfs/volume.h"
#include "ref/noted_lock.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
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
  options.first_block = setting.first_block;
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
  /// apart: Setting::quota_apart.
  XfsFiles(
      Below below, std::unique_ptr<xfs::Volume> volume, std::uint64_t extent_size_hint,
      std::uint64_t apart)
      : RefFilesOf("ref-xfs", std::move(below), std::move(volume)),
        extent_size_hint_(extent_size_hint),
        apart_(apart) {}

  std::uint64_t space_scans() override { return volume().statistics().scans; }

  Attributes attributes(std::uint64_t number) override {
    observed(number);  // opens it
    const ref::vfs::Attributes& now = volume().node(number).attributes;
    return {now.modify_time, now.version};
  }

  std::optional<std::uint64_t> hold(const Command& c, std::uint64_t pos) override {
    observed(c.file);
    xfs::Inode& inode = volume().node(c.file).inode;
    if (c.held == HeldLock::iolock) caller_.iolock_contended = true;
    if (c.held == HeldLock::ilock) inode.ilock_is_contended = true;
    if (c.held != HeldLock::folio) return c.file;
    ref::Folio* const folio = inode.pages.find(pos);
    if (folio == nullptr) return std::nullopt;
    folio->locked = true;
    held_ = folio->pos();
    // Only a call that waits gets here; the judge has seen that. It goes on, to be judged whole.
    inode.wait_for_folio = [](ref::Folio& waited_for) { waited_for.locked = false; };
    return *held_;
  }
  void let_go(std::uint64_t number) override {
    xfs::Inode& inode = volume().node(number).inode;
    caller_.iolock_contended = inode.ilock_is_contended = false;
    inode.wait_for_folio = nullptr;
    ref::Folio* const folio = held_ ? inode.pages.find(*held_) : nullptr;
    if (folio != nullptr) folio->locked = false;
    held_.reset();
  }

  /// The size on disk follows the data that has arrived. The log counts as durable.
  std::optional<std::uint64_t> durable_size(std::uint64_t number) override {
    observed(number);  // opens it
    return volume().node(number).inode.disk_size;
  }

  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return file(h).fallocate(mode, at, length);
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    return file(h).clone_range(observed(source.file), source.from, source.length, at);
  }

  std::uint64_t shared_blocks(
      std::uint64_t number, std::uint64_t pos, std::uint64_t end) override {
    observed(number);  // opens it
    const xfs::Inode& inode = volume().node(number).inode;
    const std::uint64_t bytes = volume().block_size();
    std::uint64_t shared = 0;
    for (std::uint64_t block = pos / bytes; block * bytes < end; ++block) {
      const xfs::Extent* const found = inode.data.at_or_after(block);
      if (found == nullptr) break;
      if (found->start > block) block = found->start - 1;
      if (!found->covers(block) || found->is_delayed()) continue;
      const std::uint64_t at = found->device_block + (block - found->start);
      if (volume().mount().space.owners(at) > 1) ++shared;
    }
    return shared;
  }

  bool is_cached(std::uint64_t number, std::uint64_t pos) override {
    observed(number);  // opens it
    return volume().node(number).inode.pages.find(pos) != nullptr;
  }

  bool at_yields(std::function<void(YieldPoint)> visit) override {
    visit_ = std::move(visit);
    return true;
  }

  /// Reserves the blocks and never allocates them: a file would take an extent for each run.
  void fill(std::uint64_t leave) override {
    xfs::Space& space = volume().mount().space;
    const std::uint64_t left = std::min(space.free(), leave / volume().block_size() + 1);
    const std::uint64_t taken = space.free() - left;
    if (space.reserve(taken)) promised_ += taken;
  }
  void release() override { volume().mount().space.unreserve(std::exchange(promised_, 0)); }

  void audit() override {
    props::audit(volume(), memory_bytes(), promised_, stored(), recorder());
    audit_cursors(volume().errors(), [&](std::uint64_t number) {
      return volume().node(number).errors.value();
    });
  }
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
  xfs::File open(std::uint64_t number, int flags) override {
    const auto owner = [&](std::uint32_t kind) {
      return number == 1 ? static_cast<std::uint32_t>(apart_ >> kind) & 1 : 0;
    };
    xfs::File opened = volume().open(
        number,
        {.append = (flags & O_APPEND) != 0,
         .dsync = (flags & O_DSYNC) != 0,
         .sync = (flags & O_SYNC) == O_SYNC,
         .caller = &caller_},
        {owner(0), owner(1), owner(2)});
    xfs::Inode& inode = volume().node(number).inode;
    inode.extent_size_hint = extent_size_hint_ / volume().block_size();
    inode.others_run = [this](ref::iomap::Yield yield) {
      const bool is_mapped = yield == ref::iomap::Yield::mapped;
      if (visit_) visit_(is_mapped ? YieldPoint::mapped : YieldPoint::folio_wanted);
    };
    return opened;
  }
  ref::Folio* folio_to_store(std::uint64_t number, std::uint64_t pos) override {
    xfs::Inode& inode = volume().node(number).inode;
    xfs::ReadOps reads(inode);
    xfs::BufferedWriteOps writes(inode);
    const ref::NotedLock<spec::InvalidateLock> lock(inode.recorder, number);
    const int error = ref::iomap::page_mkwrite(inode, reads, writes, pos);
    return error == 0 ? inode.pages.find(pos) : nullptr;
  }
  ref::vfs::Caller& caller() override { return caller_; }
  std::uint64_t durable_block_size() override { return volume().block_size(); }
  /// Only written extents of the data fork have bytes after a power cut.
  void read_durable_block(
      std::uint64_t number, std::uint64_t block, std::span<std::byte> to) override {
    const xfs::Extent* const found = volume().node(number).inode.data.at_or_after(block);
    const bool is_written =
        found != nullptr && found->covers(block) && found->state == xfs::ExtentState::written;
    read_medium(
        is_written ? std::optional(found->device_block + (block - found->start)) : std::nullopt,
        to);
  }

  std::uint64_t extent_size_hint_;  ///< bytes
  std::uint64_t apart_;
  ref::vfs::Caller caller_;
  std::uint64_t promised_ = 0;         ///< blocks
  std::optional<std::uint64_t> held_;  ///< the folio that another thread has locked: its first byte
  std::function<void(YieldPoint)> visit_;
};

/// The limits of the owners that the files of a case have.
void set_quotas(xfs::QuotaTable& quotas, const Setting& setting) {
  if (setting.quota == Setting{}.quota)
    return quotas.find(xfs::QuotaType::user, 0).set_limits(64, kUnreachable);
  for (std::size_t kind = 0; kind < setting.quota.size(); ++kind) {
    quotas.enforced[kind] = setting.quota[kind] != 0;
    for (const std::uint32_t owner : {0u, 1u})
      quotas.find(static_cast<xfs::QuotaType>(kind), owner).set_limits(0, setting.quota[kind]);
  }
}

std::unique_ptr<Files> make_xfs_volume(
    Ground& ground, const Setting& setting, spec::Recorder& recorder) {
  auto [options, extent_size_hint] = made_of(setting);
  auto clock = std::make_unique<SleptClock>();
  options.memory = &ground.memory;
  auto begins = std::make_unique<BeginAudit>(recorder);
  options.recorder = begins.get();
  options.throttle = throttle_of(setting, *clock);
  auto volume = xfs::Volume::make(ground.device, options);
  if (!volume) throw std::runtime_error(volume.error());
  set_quotas((*volume)->mount().quotas, setting);
  begins->watch((*volume)->mount());
  return std::make_unique<XfsFiles>(
      XfsFiles::Below{ground, recorder, setting.sync, std::move(clock), std::move(begins)},
      std::move(*volume), extent_size_hint, setting.quota_apart);
}

std::unique_ptr<Files> make_turned_xfs_volume(
    Ground& ground, const Setting& setting, spec::Recorder& recorder) {
  Setting turned = setting;
  const std::size_t kinds = setting.quota.size();
  turned.quota_apart = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    const std::size_t next = (kind + 1) % kinds;
    turned.quota[next] = setting.quota[kind];
    turned.quota_apart |= (setting.quota_apart >> kind & 1) << next;
  }
  return make_xfs_volume(ground, turned, recorder);
}

}  // namespace

std::unique_ptr<FilesFactory> make_turned_xfs_files(std::uint64_t bytes) {
  return std::make_unique<RefFilesFactory>(bytes, make_turned_xfs_volume);
}

std::unique_ptr<FilesFactory> make_xfs_files(std::uint64_t bytes) {
  return std::make_unique<RefFilesFactory>(bytes, make_xfs_volume);
}

}  // namespace quire::props
