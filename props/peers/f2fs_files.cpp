// The files of a case by ref's model of F2FS.
#include "props/audit/f2fs_audit.h"
#include "props/differential/large_devices.h"
#include "props/memory/poison.h"
#include "props/peers/files.h"
#include "props/peers/ref_files_factory.h"
#include "props/peers/ref_files_of.h"

#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/ledger.h"
#include "ref/linux/f2fs/page_mkwrite.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/linux/f2fs/volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

namespace f2fs = ref::f2fs;

/// No command names it.
constexpr std::uint64_t kBallast = 1000;

/// How file `number` is made on volume `mount`: in turn plain, with inline data and compressed.
/// (F2FS keeps no compressed file inline.)
f2fs::FileOptions options_of(std::uint64_t mount, std::uint64_t number) {
  if (number == kBallast) return {};
  const std::uint64_t kind = (mount + number) % 3;
  return {.inline_data = kind == 1, .compressed = kind == 2};
}

class F2fsFiles final : public RefFilesOf<f2fs::Volume, f2fs::File> {
 public:
  F2fsFiles(Below below, std::unique_ptr<f2fs::Volume> volume, std::uint64_t mount)
      : RefFilesOf("ref-f2fs", std::move(below), std::move(volume)), mount_(mount) {
    faults()->notices_damage([this](std::uint64_t pos) { return begins_cluster(pos); });
  }
  ~F2fsFiles() override { faults()->notices_damage({}); }

  int fallocate(Handle, int, std::int64_t, std::int64_t) override { return -EOPNOTSUPP; }
  int clone(Handle h, Source, std::int64_t) override {
    return h.number == 1 || h.number == 2 ? -EBADF : -EOPNOTSUPP;
  }

  /// Of writes alone: the read of F2FS takes no IOLOCK in Linux, and that of ref does not try it.
  std::optional<std::uint64_t> hold(const Command& c, std::uint64_t) override {
    if (c.held != HeldLock::iolock || c.action == Action::read) return std::nullopt;
    observed(c.file).set_contended(true);
    return c.file;
  }
  void let_go(std::uint64_t number) override { observed(number).set_contended(false); }

  /// Of the last checkpoint: nothing else survives.
  std::optional<std::uint64_t> durable_size(std::uint64_t number) override {
    const f2fs::Node* const kept = volume().kept(number);
    return kept == nullptr ? 0 : kept->size;
  }

  bool is_compressed(std::uint64_t number, std::uint64_t pos) override {
    return observed(number).is_stored_compressed(pos / f2fs::kBlockSize);
  }

  bool is_cached(std::uint64_t number, std::uint64_t pos) override {
    observed(number);  // opens it
    f2fs::Inode& inode = *volume().superblock().inodes.at(number);
    return !inode.node.is_inline && inode.pages.find(pos) != nullptr;
  }

  bool at_yields(std::function<void(YieldPoint)> visit) override {
    if (!visit) {
      volume().on_balance({});
      return true;
    }
    volume().on_balance([visit = std::move(visit)] { visit(YieldPoint::collected); });
    return true;
  }

  /// Gives blocks to a file without writing them: its bytes are never read. Not on a large device:
  /// there it would not end.
  void fill(std::uint64_t leave) override {
    if (volume().main_blocks() * f2fs::kBlockSize >= kFirstBytes.front() / 2) return;
    observed(kBallast);  // opens it
    f2fs::Inode& ballast = *volume().superblock().inodes.at(kBallast);
    f2fs::Superblock& shared = ballast.volume;
    const std::uint64_t leave_blocks = (leave + f2fs::kBlockSize - 1) / f2fs::kBlockSize;
    std::uint64_t& size = ballast.node.size;
    while (shared.valid + leave_blocks < shared.user_blocks) {
      const std::uint64_t index = size / f2fs::kBlockSize;
      if (f2fs::reserve_block(ballast, index) != 0) break;
      size += f2fs::kBlockSize;
      if (const auto address = shared.area.allocate()) ballast.node.addresses[index] = *address;
    }
  }
  void release() override { observed(kBallast).ftruncate(0); }

  void audit() override {
    props::audit(volume(), stored(), recorder());
    const f2fs::Superblock& superblock = volume().superblock();
    audit_cursors(superblock.errors.value(), [&](std::uint64_t number) {
      return superblock.inodes.at(number)->errors.value();
    });
  }
  std::optional<std::string> leak() override {
    if (volume().valid_blocks() == 0) return std::nullopt;
    return fmt::format(
        "{} of {} blocks are counted", volume().valid_blocks(), volume().user_blocks());
  }

 private:
  f2fs::File open(std::uint64_t number, int flags) override {
    return volume().open(number, options_of(mount_, number), flags);
  }
  ref::Folio* folio_to_store(std::uint64_t number, std::uint64_t pos) override {
    f2fs::Inode& inode = *volume().superblock().inodes.at(number);
    return f2fs::page_mkwrite(inode, pos) == 0 ? inode.pages.find(pos) : nullptr;
  }
  /// Whether byte `pos` of the device begins the stored bytes of a cluster.
  bool begins_cluster(std::uint64_t pos) {
    for (const auto& [number, inode] : volume().superblock().inodes) {
      for (const auto& [index, address] : inode->node.addresses) {
        const bool is_head = address == f2fs::kCompressAddress;
        if (is_head && inode->node.address(index + 1) * f2fs::kBlockSize == pos) return true;
      }
    }
    return false;
  }
  std::uint64_t durable_block_size() override { return f2fs::kBlockSize; }
  void read_durable_block(
      std::uint64_t number, std::uint64_t index, std::span<std::byte> to) override {
    const f2fs::Node& node = *volume().kept(number);
    const f2fs::Address address = node.address(index);
    if (node.is_inline) {
      std::ranges::fill(to, std::byte{0});
      if (index == 0) std::ranges::copy(node.inline_bytes, to.begin());
    } else if (node.is_stored_compressed(index)) {
      read_durable_cluster(node, index, to);
    } else {
      read_medium(f2fs::is_block_address(address) ? std::optional(address) : std::nullopt, to);
    }
  }
  /// A page of a cluster that is stored compressed; poison if its blocks do not hold one.
  void read_durable_cluster(const f2fs::Node& node, std::uint64_t index, std::span<std::byte> to) {
    const std::uint64_t start = f2fs::Node::cluster_of(index);
    std::vector<f2fs::PageBytes> packed;
    for (std::uint64_t i = 1; i < f2fs::kClusterPages; ++i) {
      const f2fs::Address address = node.address(start + i);
      if (f2fs::is_block_address(address)) read_medium(address, packed.emplace_back().bytes);
    }
    const auto pages = f2fs::unpack(packed);
    std::ranges::fill(to, kPoison);
    if (pages && is_tight(packed)) std::ranges::copy((*pages)[index - start].bytes, to.begin());
  }
  /// Whether a stored cluster has no more blocks than its head says, and zeroes behind its bytes.
  static bool is_tight(const std::vector<f2fs::PageBytes>& packed) {
    constexpr std::size_t kHead = 4;
    std::size_t end = kHead;
    for (std::size_t i = 0; i < kHead; ++i)
      end += std::to_integer<std::size_t>(packed.front().bytes[i]) << (8 * i);
    const std::size_t last = (packed.size() - 1) * f2fs::kBlockSize;
    if (end <= last || packed.size() * f2fs::kBlockSize < end) return false;
    return std::all_of(
        packed.back().bytes.begin() + static_cast<std::ptrdiff_t>(end - last),
        packed.back().bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
  }
  ref::vfs::Caller& caller() override { return volume().caller(); }

  std::uint64_t mount_;
};

std::unique_ptr<Files> make_f2fs_volume(
    Ground& ground, const Setting& setting, spec::Recorder& recorder) {
  f2fs::VolumeOptions options;
  options.memory = &ground.memory;
  options.recorder = &recorder;
  options.first_block = setting.first_block + 1;  // block 0 is not of the main area
  auto volume = f2fs::Volume::make(ground.device, options);
  if (!volume) throw std::runtime_error(volume.error());
  return std::make_unique<F2fsFiles>(
      F2fsFiles::Below{ground, recorder, setting.sync, std::make_unique<SleptClock>()},
      std::move(*volume), setting.mount);
}

}  // namespace

std::unique_ptr<FilesFactory> make_f2fs_files(std::uint64_t bytes) {
  return std::make_unique<RefFilesFactory>(bytes, make_f2fs_volume);
}

}  // namespace quire::props
