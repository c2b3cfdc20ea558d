// libquire, in its recorded build, as a subject.
#include "props/device/memory_device.h"
#include "props/device/poisoned_device.h"
#include "props/memory/poison_resource.h"
#include "props/subject/direct_reader.h"
#include "props/subject/subject.h"

#include "impl/record.h"

#include <quire/quire.h>

#include <cstring>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

/// The first bytes of a device as a device of their own: a volume that runs full sooner.
class SizedDevice final : public BlockDevice {
 public:
  SizedDevice(BlockDevice& device, std::uint64_t bytes) : device_(device), bytes_(bytes) {}

  std::uint64_t size() const override { return bytes_; }
  std::uint32_t sector_size() const override { return device_.sector_size(); }
  const std::string& name() const override { return device_.name(); }
  int read(std::span<const DeviceRun> runs) override { return device_.read(runs); }
  void write(std::span<const DeviceRun> runs, std::span<int> results) override {
    device_.write(runs, results);
  }
  int flush() override { return device_.flush(); }

 private:
  BlockDevice& device_;
  std::uint64_t bytes_;
};

/// Watches the calling thread while it lives.
class Watched {
 public:
  explicit Watched(spec::Recorder& recorder) { impl::this_thread_recorder = &recorder; }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() { impl::this_thread_recorder = nullptr; }
};

class ImplSubject final : public Subject {
 public:
  ImplSubject(
      Volume volume, spec::Recorder& recorder,
      std::function<int(std::uint64_t, std::span<std::byte>)> read_device)
      : volume_(std::move(volume)), recorder_(recorder), read_device_(std::move(read_device)) {}

  const std::string& name() const override {
    static const std::string kName = "impl";
    return kName;
  }
  std::int64_t write(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    const Watched watched(recorder_);
    return file(f).pwritev2(iov.data(), static_cast<int>(iov.size()), at, 0);
  }
  std::int64_t read(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    const Watched watched(recorder_);
    return file(f).preadv2(iov.data(), static_cast<int>(iov.size()), at, 0);
  }
  int fsync(std::uint64_t f) override {
    const Watched watched(recorder_);
    return file(f).fsync();
  }
  int truncate(std::uint64_t f, std::int64_t length) override {
    const Watched watched(recorder_);
    return file(f).ftruncate(length);
  }
  void drop_cache(std::uint64_t f) override {
    const Watched watched(recorder_);
    file(f).drop_cache();
  }
  int reopen(std::uint64_t f) override {
    const int closed = file(f).close();
    files_.insert_or_assign(f, volume_.file(f).value());
    return closed;
  }
  std::int64_t size(std::uint64_t f) override { return file(f).size(); }
  std::int64_t position(std::uint64_t f) override { return file(f).position(); }
  std::optional<std::uint64_t> device_block_of(std::uint64_t f, std::uint64_t block) override {
    return file(f).device_block_of(block);
  }
  std::uint64_t free_blocks() override { return volume_.free_blocks(); }
  std::uint64_t reserved_blocks() override { return volume_.reserved_blocks(); }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    return read_device_(pos, to);
  }

 private:
  File& file(std::uint64_t number) {
    const auto at = files_.find(number);
    return at != files_.end() ? at->second
                              : files_.emplace(number, volume_.file(number).value()).first->second;
  }

  Volume volume_;
  std::map<std::uint64_t, File> files_;
  spec::Recorder& recorder_;
  std::function<int(std::uint64_t, std::span<std::byte>)> read_device_;
};

/// The common part of the two factories. Device: a BlockDevice with a repoison().
template <class Device>
class ImplFactory : public SubjectFactory {
 public:
  explicit ImplFactory(std::unique_ptr<Device> device) : device_(std::move(device)) {}

  std::unique_ptr<Subject> make(const Setting& setting, spec::Recorder& recorder) override {
    if (!repoison()) return nullptr;
    memory_.refuse_above(setting.folio_max);
    auto volume = Volume::open(
        std::make_shared<SizedDevice>(*device_, setting.blocks * setting.block_size),
        {setting.block_size, setting.dirty_max, &memory_});
    if (!volume) throw std::runtime_error(volume.error().what);
    return std::make_unique<ImplSubject>(
        std::move(*volume), recorder,
        [this](std::uint64_t pos, std::span<std::byte> to) { return read_device(pos, to); });
  }
  const char* subject_name() const override { return "impl"; }
  std::uint64_t device_bytes() const override { return device_->size(); }
  std::uint64_t sector_size() const override { return device_->sector_size(); }

 protected:
  virtual bool repoison() = 0;
  virtual int read_device(std::uint64_t pos, std::span<std::byte> to) = 0;

  std::unique_ptr<Device> device_;
  PoisonResource memory_;
};

class ImplMemoryFactory final : public ImplFactory<MemoryDevice> {
 public:
  using ImplFactory::ImplFactory;

 private:
  bool repoison() override {
    device_->repoison();
    return true;
  }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    std::memcpy(to.data(), device_->bytes().data() + pos, to.size());
    return 0;
  }
};

class ImplPathFactory final : public ImplFactory<PoisonedDevice> {
 public:
  ImplPathFactory(std::unique_ptr<PoisonedDevice> device, const std::string& path)
      : ImplFactory(std::move(device)), reader_(path) {}

 private:
  bool repoison() override { return device_->repoison() == 0; }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    return reader_.read(pos, to);
  }

  DirectReader reader_;
};

}  // namespace

std::unique_ptr<SubjectFactory> make_impl_memory_factory(
    std::uint64_t bytes, std::uint32_t sector_size) {
  return std::make_unique<ImplMemoryFactory>(std::make_unique<MemoryDevice>(bytes, sector_size));
}

std::unique_ptr<SubjectFactory> make_impl_path_factory(const std::string& path) {
  auto device = open_block_device(path);
  if (!device) throw std::runtime_error(device.error().what);
  return std::make_unique<ImplPathFactory>(
      std::make_unique<PoisonedDevice>(std::move(*device)), path);
}

}  // namespace quire::props
