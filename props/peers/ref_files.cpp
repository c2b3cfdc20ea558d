// The files of a case by ref's plain write path.
#include "props/peers/files.h"
#include "props/peers/ref_files_factory.h"
#include "props/peers/ref_files_of.h"

#include "ref/plain/volume.h"

#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

class RefFiles final : public RefFilesOf<ref::Volume, ref::File> {
 public:
  RefFiles(Below below, std::unique_ptr<ref::Volume> volume)
      : RefFilesOf("ref", std::move(below), std::move(volume)) {}

  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return file(h).fallocate(mode, at, length);
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    return file(h).clone_range(observed(source.file), source.from, source.length, at);
  }
  void fill(std::uint64_t) override {}
  void release() override {}
  void audit() override {
    props::audit(volume(), memory_bytes(), recorder());
    audit_cursors(volume().superblock().errors.value(), [&](std::uint64_t number) {
      return volume().inodes().at(number).errors.value();
    });
  }
  std::optional<std::string> leak() override {
    if (volume().free_blocks() == volume().blocks()) return std::nullopt;
    return std::to_string(volume().free_blocks()) + " of " + std::to_string(volume().blocks()) +
           " blocks are free, " + std::to_string(volume().reserved_blocks()) + " reserved";
  }

 private:
  ref::File open(std::uint64_t number, int flags) override { return volume().open(number, flags); }
  std::uint64_t durable_block_size() override { return volume().block_size(); }
  void read_durable_block(
      std::uint64_t number, std::uint64_t block, std::span<std::byte> to) override {
    read_medium(observed(number).device_block_of(block), to);
  }
  ref::vfs::Caller& caller() override { return volume().caller(); }
};

std::unique_ptr<Files> make_plain_volume(
    Ground& ground, const Setting& setting, spec::Recorder& recorder) {
  auto clock = std::make_unique<SleptClock>();
  auto volume = ref::Volume::make(
      ground.device, {setting.block_size, setting.first_block, &ground.memory, &recorder,
                      throttle_of(setting, *clock)});
  if (!volume) throw std::runtime_error(volume.error());
  return std::make_unique<RefFiles>(
      RefFiles::Below{ground, recorder, setting.sync, std::move(clock)}, std::move(*volume));
}

}  // namespace

std::unique_ptr<FilesFactory> make_ref_files(std::uint64_t bytes) {
  return std::make_unique<RefFilesFactory>(bytes, make_plain_volume);
}

}  // namespace quire::props
