// The files of a case by ref's model of F2FS.
#include "props/peers/files.h"
#include "props/peers/ref_files_factory.h"
#include "props/peers/ref_files_of.h"

#include "ref/linux/f2fs/ledger.h"
#include "ref/linux/f2fs/volume.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

namespace f2fs = ref::f2fs;

constexpr std::uint64_t kBlock = 4096;
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
  F2fsFiles(std::unique_ptr<f2fs::Volume> volume, std::uint64_t mount)
      : RefFilesOf("ref-f2fs", std::move(volume)), mount_(mount) {}

  int fallocate(Handle, int, std::int64_t, std::int64_t) override { return -EOPNOTSUPP; }
  int clone(Handle h, Source, std::int64_t) override {
    return h.number == 1 || h.number == 2 ? -EBADF : -EOPNOTSUPP;
  }

  void fill(std::uint64_t leave) override {
    f2fs::File& ballast = observed(kBallast);
    std::vector<std::byte> piece(std::uint64_t{1} << 20);
    auto bytes = static_cast<std::uint64_t>(ballast.size());
    while (true) {
      const iovec segment{piece.data(), piece.size()};
      const std::int64_t got = ballast.pwritev2(&segment, 1, static_cast<std::int64_t>(bytes), 0);
      if (got > 0) bytes += static_cast<std::uint64_t>(got);
      if (got != static_cast<std::int64_t>(piece.size())) break;
    }
    bytes -= std::min(bytes, (leave + kBlock - 1) / kBlock * kBlock);
    ballast.ftruncate(static_cast<std::int64_t>(bytes / kBlock * kBlock));
  }
  void release() override { observed(kBallast).ftruncate(0); }

  std::optional<std::string> leak() override {
    if (volume().valid_blocks() == 0) return std::nullopt;
    return fmt::format(
        "{} of {} blocks are counted", volume().valid_blocks(), volume().user_blocks());
  }

 private:
  f2fs::File open(std::uint64_t number, bool appends) override {
    return volume().open(number, options_of(mount_, number), appends ? O_APPEND : 0);
  }
  ref::vfs::Caller& caller() override { return volume().caller(); }

  std::uint64_t mount_;
};

std::unique_ptr<Files> make_f2fs_volume(
    RefDevice& device, PoisonResource& memory, const Setting& setting, spec::Recorder& recorder) {
  f2fs::VolumeOptions options;
  options.memory = &memory;
  options.recorder = &recorder;
  auto volume = f2fs::Volume::make(device, options);
  if (!volume) throw std::runtime_error(volume.error());
  return std::make_unique<F2fsFiles>(std::move(*volume), setting.mount);
}

}  // namespace

std::unique_ptr<FilesFactory> make_f2fs_files(std::uint64_t bytes) {
  return std::make_unique<RefFilesFactory>(bytes, make_f2fs_volume);
}

}  // namespace quire::props
