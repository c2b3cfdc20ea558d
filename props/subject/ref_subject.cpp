// The reference as a subject.
#include "props/audit/ref_audit.h"
#include "props/device/failing_device.h"
#include "props/device/memory_device.h"
#include "props/device/written_sectors.h"
#include "props/memory/poison.h"
#include "props/memory/poison_resource.h"
#include "props/subject/closed_file.h"
#include "props/subject/direct_reader.h"
#include "props/subject/subject.h"

#include "ref/device/file_device.h"
#include "ref/plain/volume.h"
#include "ref/user_memory/user_memory.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

/// A device for ref that can be poisoned anew, cut to a size, and read past its caches.
class RefFactoryDevice : public ref::Device {
 public:
  std::uint64_t size() const override { return size_; }
  void cut_to(std::uint64_t bytes) { size_ = bytes; }

  virtual std::uint64_t whole_size() const = 0;
  virtual bool repoison() = 0;
  /// Those of Subject.
  virtual int read_device(std::uint64_t pos, std::span<std::byte> to) = 0;
  virtual int read_medium(std::uint64_t pos, std::span<std::byte> to) = 0;

 private:
  std::uint64_t size_ = 0;
};

class RefMemory final : public RefFactoryDevice {
 public:
  RefMemory(std::uint64_t bytes, std::uint32_t sector_size) : device_(bytes, sector_size) {}

  std::uint64_t sector_size() const override { return device_.sector_size(); }
  int read(std::uint64_t pos, std::span<std::byte> to) override { return device_.read_at(pos, to); }
  int write(std::uint64_t pos, std::span<const std::byte> from) override {
    return device_.write_at(pos, from);
  }
  int flush() override { return device_.flush(); }
  std::uint64_t whole_size() const override { return device_.size(); }
  bool repoison() override {
    device_.repoison();
    return true;
  }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    device_.peek(pos, to);
    return 0;
  }
  int read_medium(std::uint64_t pos, std::span<std::byte> to) override {
    device_.read_medium(pos, to);
    return 0;
  }

 private:
  MemoryDevice device_;
};

class RefPath final : public RefFactoryDevice {
 public:
  RefPath(std::unique_ptr<ref::FileDevice> device, const std::string& path)
      : device_(std::move(device)),
        written_(device_->size(), static_cast<std::uint32_t>(device_->sector_size())),
        reader_(path) {
    written_.add(0, device_->size());
  }

  std::uint64_t sector_size() const override { return device_->sector_size(); }
  int read(std::uint64_t pos, std::span<std::byte> to) override { return device_->read(pos, to); }
  int write(std::uint64_t pos, std::span<const std::byte> from) override {
    written_.add(pos, from.size());
    return device_->write(pos, from);
  }
  int flush() override { return device_->flush(); }
  std::uint64_t whole_size() const override { return device_->size(); }
  bool repoison() override {
    bool good = true;
    written_.take([&](std::uint64_t pos, std::uint64_t length) {
      const std::vector<std::byte> poison(std::min<std::uint64_t>(length, 1 << 20), kPoison);
      for (std::uint64_t done = 0; done < length; done += poison.size()) {
        const std::uint64_t piece = std::min<std::uint64_t>(poison.size(), length - done);
        good = good && device_->write(pos + done, {poison.data(), piece}) == 0;
      }
    });
    return good;
  }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    return reader_.read(pos, to);
  }
  int read_medium(std::uint64_t pos, std::span<std::byte> to) override {
    return read_device(pos, to);
  }

 private:
  std::unique_ptr<ref::FileDevice> device_;
  WrittenSectors written_;
  DirectReader reader_;
};

class RefSubject final : public Subject {
 public:
  RefSubject(
      std::unique_ptr<ref::Volume> volume, RefFactoryDevice& device, FaultInjector& faults,
      const PoisonResource& memory, spec::Recorder& recorder)
      : volume_(std::move(volume)),
        device_(device),
        faults_(faults),
        memory_(memory),
        recorder_(recorder) {}

  const std::string& name() const override {
    static const std::string kName = "ref";
    return kName;
  }
  std::int64_t write(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return file(f).pwritev2(iov.data(), static_cast<int>(iov.size()), at, 0);
  }
  std::int64_t read(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return file(f).preadv2(iov.data(), static_cast<int>(iov.size()), at, 0);
  }
  std::int64_t read_back(std::uint64_t f, std::span<std::byte> to, std::int64_t at) override {
    const ref::KnownMemory known;
    return Subject::read_back(f, to, at);
  }
  int fsync(std::uint64_t f, std::uint64_t handle) override { return file(f, handle).fsync(); }
  int truncate(std::uint64_t f, std::int64_t length) override { return file(f).ftruncate(length); }
  int drop_cache(std::uint64_t f) override {
    file(f).drop_cache();
    return 0;
  }
  int reopen(std::uint64_t f, std::uint64_t handle) override {
    const int closed = file(f, handle).close();
    if (answer_of_closed(file(f, handle)) != -EBADF) return -EBADFD;
    files_.insert_or_assign({f, handle}, volume_->open(f));
    return closed;
  }
  std::int64_t size(std::uint64_t f) override { return file(f).size(); }
  std::int64_t position(std::uint64_t f) override { return file(f).position(); }
  std::optional<std::uint64_t> device_block_of(std::uint64_t f, std::uint64_t block) override {
    return file(f).device_block_of(block);
  }
  std::uint64_t free_blocks() override { return volume_->free_blocks(); }
  std::uint64_t reserved_blocks() override { return volume_->reserved_blocks(); }
  void audit(const std::set<std::uint64_t>&, std::optional<std::uint64_t> cut) override {
    props::audit(*volume_, memory_.in_use(), recorder_, cut);
    for (const auto& [key, file] : files_) {
      audit_cursor(volume_->inodes().at(key.first).errors.value(), file.errors_seen(), recorder_);
      audit_cursor(volume_->superblock().errors.value(), file.volume_errors_seen(), recorder_);
    }
  }
  int read_device(std::uint64_t pos, std::span<std::byte> to) override {
    return device_.read_device(pos, to);
  }
  int read_medium(std::uint64_t pos, std::span<std::byte> to) override {
    return device_.read_medium(pos, to);
  }
  const FailureManners& manners() const override {
    static constexpr FailureManners kManners{
        .tries_again = false,
        .dirty_on_enomem = false,
        .flush_is_of_files = false,
        .reads_pages = true};
    return kManners;
  }
  FaultInjector& faults() override { return faults_; }

 private:
  ref::File& file(std::uint64_t number, std::uint64_t handle = 0) {
    const std::pair key(number, handle);
    const auto at = files_.find(key);
    return at != files_.end() ? at->second
                              : files_.emplace(key, volume_->open(number)).first->second;
  }

  std::unique_ptr<ref::Volume> volume_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, ref::File> files_;  // by number and handle
  RefFactoryDevice& device_;
  FaultInjector& faults_;
  const PoisonResource& memory_;
  spec::Recorder& recorder_;
};

class RefFactory final : public SubjectFactory {
 public:
  explicit RefFactory(std::unique_ptr<RefFactoryDevice> device)
      : device_(std::move(device)), faults_(device_->sector_size()), failing_(*device_, faults_) {
    memory_.refuse_when([this] { return faults_.refuses_memory(); });
  }

  std::unique_ptr<Subject> make(const Setting& setting, spec::Recorder& recorder) override {
    if (!device_->repoison()) return nullptr;
    device_->cut_to((setting.first_block + setting.blocks) * setting.block_size);
    auto volume =
        ref::Volume::make(failing_, {setting.block_size, setting.first_block, &memory_, &recorder});
    if (!volume) throw std::runtime_error(volume.error());
    return std::make_unique<RefSubject>(std::move(*volume), *device_, faults_, memory_, recorder);
  }
  const char* subject_name() const override { return "ref"; }
  std::uint64_t device_bytes() const override { return device_->whole_size(); }
  std::uint64_t sector_size() const override { return device_->sector_size(); }

 private:
  std::unique_ptr<RefFactoryDevice> device_;
  FaultInjector faults_;
  FailingRefDevice failing_;
  PoisonResource memory_;
};

}  // namespace

std::unique_ptr<SubjectFactory> make_ref_memory_factory(
    std::uint64_t bytes, std::uint32_t sector_size) {
  return std::make_unique<RefFactory>(std::make_unique<RefMemory>(bytes, sector_size));
}

std::unique_ptr<SubjectFactory> make_ref_path_factory(const std::string& path) {
  auto device = ref::FileDevice::make(path);
  if (!device) throw std::runtime_error(device.error());
  return std::make_unique<RefFactory>(std::make_unique<RefPath>(std::move(*device), path));
}

}  // namespace quire::props
