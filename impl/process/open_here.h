// The descriptors and files that this process has open, so that no child of it keeps a descriptor
// and no file is opened twice.
//
// Thread rules: any thread may call any function. A fork(2) waits until none is inside one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <utility>

namespace quire::impl {

/// A file or a block device, whatever the path that leads to it.
struct FileIdentity {
  dev_t device;  ///< of a file the file system's, of a block device its own
  ino_t inode;   ///< 0 for a block device
  bool operator==(const FileIdentity&) const = default;
};

/// Calls open() -> descriptor or negative errno, and returns that. A child made by fork(2) closes
/// its copy of the descriptor at once. Throws std::bad_alloc before the call.
int open_for_this_process(const std::function<int()>& open);

/// Calls close(), which closes a descriptor that open_for_this_process() returned in this process.
void close_for_this_process(int fd, const std::function<void()>& close) noexcept;

/// Owns a file descriptor; -1 is none. A child made by fork(2) closes its copy at once.
class Descriptor {
 public:
  Descriptor() = default;
  /// open() -> descriptor or negative errno. Throws std::bad_alloc before the call.
  explicit Descriptor(const std::function<int()>& open);
  /// Takes over `fd`.
  explicit Descriptor(int fd) : Descriptor([fd] { return fd; }) {}
  Descriptor(Descriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), process_(other.process_) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(process_, other.process_);
    return *this;
  }
  /// Unlocks the file (flock(2)) and closes it; does nothing in a child of the process that opened
  /// it.
  ~Descriptor();

  /// The descriptor; else -1, or the negative errno of open().
  int get() const { return fd_; }
  /// Of the process that opened it; 0 for none.
  std::uint64_t process() const { return process_; }

 private:
  int fd_ = -1;
  std::uint64_t process_ = 0;
};

/// The right to open a file, which one part of a process has at a time.
class Claim {
 public:
  /// The claim, or the path under which this process has the file open already. Throws
  /// std::bad_alloc.
  static std::expected<Claim, std::string> make(
      const FileIdentity& identity, const std::string& path);

  Claim() = default;
  Claim(Claim&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
  Claim& operator=(Claim&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  /// In a child of the process that made it, does nothing.
  ~Claim();

  /// Says that the file has been opened.
  void note_opened() noexcept;

 private:
  explicit Claim(std::uint64_t number) : number_(number) {}

  std::uint64_t number_ = 0;
};

/// Whether this process had the file open before: a child may have it open for a moment longer.
bool was_open_here(const FileIdentity& identity);

}  // namespace quire::impl
