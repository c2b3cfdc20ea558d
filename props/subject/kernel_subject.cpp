// The running kernel as a subject: real files of one of its file systems.
#include "props/kernel/detached_mount.h"
#include "props/subject/subject.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

std::string file_name(std::uint64_t number) { return "file-" + std::to_string(number); }

/// Its own volume is far larger than any case, and its blocks are not looked at.
class KernelSubject final : public Subject {
 public:
  KernelSubject(int root, std::string name) : root_(root), name_(std::move(name)) {}

  ~KernelSubject() override {
    for (const auto& [number, fd] : files_) ::unlinkat(root_, file_name(number).c_str(), 0);
  }

  const std::string& name() const override { return name_; }
  bool is_peer() const override { return true; }

  std::int64_t write(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return answer(::pwritev2(file(f), iov.data(), static_cast<int>(iov.size()), at, 0));
  }
  std::int64_t read(std::uint64_t f, std::span<const iovec> iov, std::int64_t at) override {
    return answer(::preadv2(file(f), iov.data(), static_cast<int>(iov.size()), at, 0));
  }
  int fsync(std::uint64_t f) override { return static_cast<int>(answer(::fsync(file(f)))); }
  int truncate(std::uint64_t f, std::int64_t length) override {
    return static_cast<int>(answer(::ftruncate(file(f), length)));
  }
  void drop_cache(std::uint64_t f) override {
    // Only clean pages are dropped.
    ::sync_file_range(
        file(f), 0, 0,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    ::posix_fadvise(file(f), 0, 0, POSIX_FADV_DONTNEED);
  }
  int reopen(std::uint64_t f) override {
    files_.erase(f);
    file(f);
    return 0;
  }
  std::int64_t size(std::uint64_t f) override {
    struct stat seen {};
    return ::fstat(file(f), &seen) == 0 ? seen.st_size : -errno;
  }
  std::int64_t position(std::uint64_t f) override { return answer(::lseek(file(f), 0, SEEK_CUR)); }

  std::optional<std::uint64_t> map(std::uint64_t, std::uint64_t) override { return std::nullopt; }
  std::uint64_t free_blocks() override { return 0; }
  std::uint64_t reserved_blocks() override { return 0; }
  int read_device(std::uint64_t, std::span<std::byte>) override { return -EOPNOTSUPP; }

 private:
  static std::int64_t answer(std::int64_t returned) { return returned < 0 ? -errno : returned; }

  int file(std::uint64_t number) {
    const auto known = files_.find(number);
    if (known != files_.end()) return known->second.get();
    Descriptor opened(
        ::openat(root_, file_name(number).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!opened) throw std::runtime_error(name_ + ": open: " + std::strerror(errno));
    return files_.emplace(number, std::move(opened)).first->second.get();
  }

  int root_;
  std::string name_;
  std::map<std::uint64_t, Descriptor> files_;
};

class KernelBed final : public Bed {
 public:
  KernelBed(DetachedMount mount, std::string kind)
      : mount_(std::move(mount)), kind_(std::move(kind)) {}

  std::unique_ptr<Subject> make(const Setting&, spec::Recorder&) override {
    return std::make_unique<KernelSubject>(mount_.root(), kind_);
  }
  const char* subject_name() const override { return kind_.c_str(); }
  std::uint64_t device_bytes() const override { return ~std::uint64_t{0}; }
  std::uint64_t sector_size() const override { return 512; }

 private:
  DetachedMount mount_;
  std::string kind_;
};

}  // namespace

std::unique_ptr<Bed> make_kernel_bed(const std::string& kind) {
  auto mount = DetachedMount::make(kind);
  if (!mount) throw std::runtime_error(mount.error().what);
  return std::make_unique<KernelBed>(std::move(*mount), kind);
}

}  // namespace quire::props
