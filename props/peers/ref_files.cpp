// The files of a case as ref has them.
#include "props/device/memory_device.h"
#include "props/memory/mapping.h"
#include "props/memory/poison_resource.h"
#include "props/peers/files.h"

#include "ref/volume.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

constexpr std::uint32_t kSectorSize = 512;

class RefDevice final : public ref::Device {
 public:
  explicit RefDevice(std::uint64_t bytes) : device_(bytes, kSectorSize) {}

  std::uint64_t size() const override { return device_.size(); }
  std::uint64_t sector_size() const override { return device_.sector_size(); }
  int read(std::uint64_t pos, std::span<std::byte> to) override { return device_.read_at(pos, to); }
  int write(std::uint64_t pos, std::span<const std::byte> from) override {
    return device_.write_at(pos, from);
  }
  int flush() override { return device_.flush(); }
  void repoison() { device_.repoison(); }

 private:
  MemoryDevice device_;
};

/// The bytes of a source, in memory that ends where a mapping of the file would: at the end of the
/// page that holds the file's last byte.
class LikeMapping {
 public:
  LikeMapping(ref::File& file, const Source& source)
      : offset_(static_cast<std::size_t>(source.from) % kPage),
        pages_(
            pages_of(offset_ + static_cast<std::size_t>(source.length)) * kPage + kPage,
            PROT_READ | PROT_WRITE),
        segment_{pages_.data() + offset_, static_cast<std::size_t>(source.length)} {
    const auto size = static_cast<std::size_t>(file.size());
    const std::size_t first = static_cast<std::size_t>(source.from) - offset_;
    const std::size_t end = std::max(first, pages_of(size) * kPage);
    const std::size_t good = std::min(end - first, pages_.size() - kPage);
    const iovec page{pages_.data(), good};
    if (good != 0) file.preadv2(&page, 1, static_cast<std::int64_t>(first), 0);
    ::mprotect(pages_.data() + good, pages_.size() - good, PROT_NONE);
  }

  const iovec& segment() const { return segment_; }

 private:
  std::size_t offset_;
  Mapping pages_;
  iovec segment_;
};

class RefFiles final : public Files {
 public:
  explicit RefFiles(std::unique_ptr<ref::Volume> volume) : volume_(std::move(volume)) {}

  const std::string& name() const override {
    static const std::string kName = "ref";
    return kName;
  }
  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return file(h).pwritev2(iov.data(), static_cast<int>(iov.size()), at, flags);
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return file(h).preadv2(iov.data(), static_cast<int>(iov.size()), at, flags);
  }
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    const LikeMapping memory(file({source.file, Handle::kObserver}), source);
    return file(h).pwritev2(&memory.segment(), 1, at, flags);
  }
  int fsync(Handle h) override { return file(h).fsync(); }
  int fdatasync(Handle h) override { return file(h).fdatasync(); }
  int syncfs(Handle h) override { return volume_->syncfs(file(h)); }
  int truncate(Handle h, std::int64_t length) override { return file(h).ftruncate(length); }
  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return file(h).fallocate(mode, at, length);
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    const ref::File& from = file({source.file, Handle::kObserver});
    return file(h).clone_range(from, source.from, source.length, at);
  }
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    return file(h).lseek(offset, whence);
  }
  std::int64_t size(std::uint64_t number) override {
    return file({number, Handle::kObserver}).size();
  }
  void drop_cache(std::uint64_t number) override { file({number, Handle::kObserver}).drop_cache(); }
  int reopen(Handle h) override {
    const int closed = file(h).close();
    files_.erase({h.file, h.number});
    file(h);
    return closed;
  }
  void set_limit(std::optional<std::uint64_t> bytes) override {
    volume_->caller().fsize_limit = bytes;
  }
  bool take_signal() override { return std::exchange(volume_->caller().fsize_signals, 0) != 0; }
  void fill(std::uint64_t) override {}
  void release() override {}
  std::optional<std::string> leak() override {
    if (volume_->free_blocks() == volume_->blocks()) return std::nullopt;
    return std::to_string(volume_->free_blocks()) + " of " + std::to_string(volume_->blocks()) +
           " blocks are free, " + std::to_string(volume_->reserved_blocks()) + " reserved";
  }

 private:
  ref::File& file(Handle h) {
    const auto known = files_.find({h.file, h.number});
    if (known != files_.end()) return known->second;
    const bool appends = h.number == 1 || h.number == 2;
    return files_
        .emplace(std::pair{h.file, h.number}, volume_->open(h.file, appends ? O_APPEND : 0))
        .first->second;
  }

  std::unique_ptr<ref::Volume> volume_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, ref::File> files_;
};

class RefFilesBed final : public FilesBed {
 public:
  explicit RefFilesBed(std::uint64_t bytes) : device_(bytes) {}

  std::unique_ptr<Files> make(std::uint64_t block_size, spec::Recorder& recorder) override {
    device_.repoison();
    auto volume = ref::Volume::make(device_, {block_size, &memory_, &recorder});
    if (!volume) throw std::runtime_error(volume.error());
    return std::make_unique<RefFiles>(std::move(*volume));
  }

 private:
  RefDevice device_;
  PoisonResource memory_;
};

}  // namespace

std::unique_ptr<FilesBed> make_ref_files(std::uint64_t bytes) {
  return std::make_unique<RefFilesBed>(bytes);
}

}  // namespace quire::props
