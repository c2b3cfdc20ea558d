// Each call is the system call of its name; the first use of a handle opens it.
#include "props/peers/folder_files.h"

#include "props/memory/mapping.h"
#include "props/memory/pattern.h"
#include "props/peers/size_limit.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace quire::props {
namespace {

std::string file_name(std::uint64_t number) { return "file-" + std::to_string(number); }

std::int64_t answer(std::int64_t returned) { return returned < 0 ? -errno : returned; }
int status(int returned) { return returned < 0 ? -errno : returned; }

class FolderFiles final : public Files {
 public:
  FolderFiles(int root, std::string name, Ballast& ballast)
      : root_(root), name_(std::move(name)), ballast_(ballast) {}

  ~FolderFiles() override {
    try {
      ballast_.release();
    } catch (const std::system_error&) {  // the next case finds no space, and says so
    }
    for (const auto& [key, fd] : files_) ::unlinkat(root_, file_name(key.first).c_str(), 0);
  }

  const std::string& name() const override { return name_; }

  std::int64_t write(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return answer(::pwritev2(file(h), iov.data(), static_cast<int>(iov.size()), at, flags));
  }
  std::int64_t read(Handle h, std::span<const iovec> iov, std::int64_t at, int flags) override {
    return answer(::preadv2(file(h), iov.data(), static_cast<int>(iov.size()), at, flags));
  }
  std::int64_t write_mapped(Handle h, Source source, std::int64_t at, int flags) override {
    const std::size_t offset = static_cast<std::size_t>(source.from) % kPage;
    const std::size_t bytes = offset + static_cast<std::size_t>(source.length);
    void* const mapped = ::mmap(
        nullptr, bytes, PROT_READ, MAP_SHARED, file({source.file, Handle::kObserver}),
        source.from - static_cast<std::int64_t>(offset));
    if (mapped == MAP_FAILED) throw std::runtime_error(name_ + ": mmap: " + std::strerror(errno));
    const iovec segment{
        static_cast<std::byte*>(mapped) + offset, static_cast<std::size_t>(source.length)};
    const std::int64_t written = answer(::pwritev2(file(h), &segment, 1, at, flags));
    ::munmap(mapped, bytes);
    return written;
  }
  int fsync(Handle h) override { return status(::fsync(file(h))); }
  int fdatasync(Handle h) override { return status(::fdatasync(file(h))); }
  int syncfs(Handle h) override { return status(::syncfs(file(h))); }
  int truncate(Handle h, std::int64_t length) override {
    return status(::ftruncate(file(h), length));
  }
  int fallocate(Handle h, int mode, std::int64_t at, std::int64_t length) override {
    return status(::fallocate(file(h), mode, at, length));
  }
  int clone(Handle h, Source source, std::int64_t at) override {
    file_clone_range range{};
    range.src_fd = file({source.file, Handle::kObserver});
    range.src_offset = static_cast<std::uint64_t>(source.from);
    range.src_length = static_cast<std::uint64_t>(source.length);
    range.dest_offset = static_cast<std::uint64_t>(at);
    return status(::ioctl(file(h), FICLONERANGE, &range));
  }
  std::int64_t seek(Handle h, std::int64_t offset, int whence) override {
    return answer(::lseek(file(h), offset, whence));
  }
  std::int64_t size(std::uint64_t number) override {
    struct stat seen {};
    return ::fstat(file({number, Handle::kObserver}), &seen) == 0 ? seen.st_size : -errno;
  }
  bool store_mapped(std::uint64_t number) override {
    const int fd = file({number, Handle::kObserver});
    const std::size_t end = static_cast<std::size_t>(size(number)), offset = end % kPage;
    if (offset == 0) return false;
    void* const mapped = ::mmap(
        nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
        static_cast<std::int64_t>(end - offset));
    if (mapped == MAP_FAILED) throw std::runtime_error(name_ + ": mmap: " + std::strerror(errno));
    // Without space a store would end the process by SIGBUS.
    const bool there = ::madvise(mapped, kPage, MADV_POPULATE_WRITE) == 0;
    if (there) {
      fill_pattern({static_cast<std::byte*>(mapped) + offset, kPage - offset}, number + 1, 0);
    }
    ::munmap(mapped, kPage);
    return there;
  }
  void write_back(std::uint64_t number) override {
    ::sync_file_range(
        file({number, Handle::kObserver}), 0, 0,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  void drop_cache(std::uint64_t number) override {
    // Only clean pages are dropped.
    write_back(number);
    ::posix_fadvise(file({number, Handle::kObserver}), 0, 0, POSIX_FADV_DONTNEED);
  }
  int reopen(Handle h) override {
    files_.erase({h.file, h.number});
    file(h);
    return 0;
  }
  void set_limit(std::optional<std::uint64_t> bytes) override { limit_.set(bytes); }
  bool take_signal() override { return limit_.take_signal(); }
  void fill(std::uint64_t leave) override { ballast_.fill(leave); }
  void release() override { ballast_.release(); }
  std::optional<std::string> leak() override { return std::nullopt; }

 private:
  int file(Handle h) {
    const auto known = files_.find({h.file, h.number});
    if (known != files_.end()) return known->second.get();
    const int appends = h.number == 1 || h.number == 2 ? O_APPEND : 0;
    Descriptor opened(
        ::openat(root_, file_name(h.file).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | appends, 0600));
    if (!opened) throw std::runtime_error(name_ + ": open: " + std::strerror(errno));
    return files_.emplace(std::pair{h.file, h.number}, std::move(opened)).first->second.get();
  }

  int root_;
  std::string name_;
  Ballast& ballast_;
  SizeLimit limit_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Descriptor> files_;
};

}  // namespace

std::unique_ptr<Files> make_folder_files(int root, std::string name, Ballast& ballast) {
  return std::make_unique<FolderFiles>(root, std::move(name), ballast);
}

}  // namespace quire::props
