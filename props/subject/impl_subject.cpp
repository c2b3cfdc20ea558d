// libquire, in its recorded build, as a subject.
#include "props/audit/impl_audit.h"
#include "props/device/failing_device.h"
#include "props/device/memory_device.h"
#include "props/device/poisoned_device.h"
#include "props/memory/poison_resource.h"
#include "props/subject/direct_reader.h"
#include "props/subject/subject.h"

#include "impl/record.h"

#include <quire/quire.h>

#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

/// Watches the calling thread while it lives.
class Watched {
 public:
  explicit Watched(spec::Recorder& recorder) { impl::this_thread_recorder = &recorder; }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() { impl::this_thread_recorder = nullptr; }
};

/// The device of a factory, read past a volume's caches. The calls are those of Subject.
class FactoryDevice {
 public:
  virtual int read_device(std::uint64_t pos, std::span<std::byte> to) = 0;
  virtual int read_medium(std::uint64_t pos, std::span<std::byte> to) = 0;
  virtual bool is_unflushed(std::uint64_t pos, std::uint64_t length) = 0;

 protected:
  ~FactoryDevice() = default;
};

class ImplSubject final : public Subject {
 public:
  ImplSubject(
      Volume volume, spec::Recorder& recorder, FaultInjector& faults, const PoisonResource& memory,
      FactoryDevice& device)
      : volume_(std::move(volume)),
        recorder_(recorder),
        faults_(faults),
        memory_(memory),
        audit_(recorder),
        device_(device) {}

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
  int fsync(std::uint64_t f, std::uint64_t handle) override {
    const Watched watched(recorder_);
    return file(f, handle).fsync();
  }
  int truncate(std::uint64_t f, std::int64_t length) override {
    const Watched watched(recorder_);
    return file(f).ftruncate(length);
  }
  int drop_cache(std::uint64_t f) override {
    const Watched watched(recorder_);
    return file(f).drop_cache();
  }
  int reopen(std::uint64_t f, std::uint64_t handle) override {
    const int closed = file(f, handle).close();
    files_.insert_or_assign({f, handle}, volume_.file(f).value());
    return closed;
  }
  std::int64_t size(std::uint64_t f) override { return file(f).size(); }
  std::int64_t position(std::uint64_t f) override { return file(f).position(); }
  std::optional<std::uint64_t> device_block_of(std::uint64_t f, std::uint64_t block) override {
    return file(f).device_block_of(block);
  }
  std::uint64_t free_blocks() override { return volume_.free_blocks(); }
  std::uint64_t reserved_blocks() override { return volume_.reserved_blocks(); }
  void audit(const std::set<std::uint64_t>& touched, std::optional<std::uint64_t> cut) override {
    audit_.run(volume_, files_, memory_.in_use(), touched, cut);
  }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    return device_.read_device(pos, to);
  }
  int read_medium(std::uint64_t pos, std::span<std::byte> to) override {
    return device_.read_medium(pos, to);
  }
  const FailureManners& manners() const override {
    static constexpr FailureManners kManners{
        .tries_again = true,
        .dirty_on_enomem = true,
        .flush_is_of_files = true,
        .reads_pages = false};
    return kManners;
  }
  FaultInjector& faults() override { return faults_; }
  bool is_unflushed(std::uint64_t pos, std::uint64_t length) override {
    return device_.is_unflushed(pos, length);
  }

 private:
  File& file(std::uint64_t number, std::uint64_t handle = 0) {
    const std::pair key(number, handle);
    const auto at = files_.find(key);
    return at != files_.end() ? at->second
                              : files_.emplace(key, volume_.file(number).value()).first->second;
  }

  Volume volume_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, File> files_;  // by number and handle
  spec::Recorder& recorder_;
  FaultInjector& faults_;
  const PoisonResource& memory_;
  ImplAudit audit_;
  FactoryDevice& device_;
};

VolumeAllocator allocator_of(const Setting& setting) {
  switch (setting.allocator) {
    case 1: return VolumeAllocator::extent();
    case 2: return VolumeAllocator::buddy();
    default: return VolumeAllocator::bitmap();
  }
}

/// The common part of the two factories. Device: a BlockDevice with a repoison().
template <class Device>
class ImplFactory : public SubjectFactory, public FactoryDevice {
 public:
  explicit ImplFactory(std::unique_ptr<Device> device)
      : device_(std::move(device)), faults_(device_->sector_size()) {
    memory_.refuse_when([this] { return faults_.refuses_memory(); });
  }

  std::unique_ptr<Subject> make(const Setting& setting, spec::Recorder& recorder) override {
    if (!repoison()) return nullptr;
    memory_.refuse_above(setting.folio_max);
    const std::uint64_t blocks = setting.first_block + setting.blocks;
    impl::this_thread_first_block = setting.first_block;
    auto volume = Volume::open(
        std::make_shared<FailingDevice>(*device_, blocks * setting.block_size, faults_),
        {setting.block_size, setting.dirty_max, &memory_, allocator_of(setting)});
    impl::this_thread_first_block = 0;
    if (!volume) throw std::runtime_error(volume.error().what);
    return std::make_unique<ImplSubject>(std::move(*volume), recorder, faults_, memory_, *this);
  }
  const char* subject_name() const override { return "impl"; }
  bool serves_threads() const override { return true; }
  std::uint64_t device_bytes() const override { return device_->size(); }
  std::uint64_t sector_size() const override { return device_->sector_size(); }

 protected:
  virtual bool repoison() = 0;

  std::unique_ptr<Device> device_;
  FaultInjector faults_;
  PoisonResource memory_;
};

class ImplMemoryFactory final : public ImplFactory<MemoryDevice> {
 public:
  using ImplFactory::ImplFactory;

  bool shows_medium() const override { return true; }

 private:
  bool repoison() override {
    device_->repoison();
    return true;
  }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    device_->peek(pos, to);
    return 0;
  }
  int read_medium(std::uint64_t pos, std::span<std::byte> to) override {
    device_->read_medium(pos, to);
    return 0;
  }
  bool is_unflushed(std::uint64_t pos, std::uint64_t length) override {
    return device_->is_unflushed(pos, length);
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
  int read_medium(std::uint64_t pos, std::span<std::byte> to) override {
    return reader_.read(pos, to);
  }
  bool is_unflushed(std::uint64_t, std::uint64_t) override { return false; }

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
