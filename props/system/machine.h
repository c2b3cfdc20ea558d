// A machine that answers the system calls of device code: one file or block device, and io_uring.
//
// The link of a program that has this file passes the calls that a device makes to __wrap_NAME()
// (wrapped_calls.cpp). While a machine is installed, those on its paths and descriptors are
// answered here, all others by the system.
#pragma once

#include "props/memory/sparse_bytes.h"
#include "props/system/node.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

struct io_uring;
struct statx;

namespace quire::props {

/// One system call that was answered.
struct Answered {
  SystemCall call;
  std::int64_t answer;
  int fd = -1;
  int flags = 0;  ///< of open, flock and fcntl; the request of an ioctl; of fstat 1: another file
};

/// A run that keeps the rules: its range, and where each byte of it lies in memory.
struct RunAccount {
  std::size_t number;
  std::uint64_t pos;
  std::vector<iovec> segments;
  std::uint64_t length() const;
  /// The memory of the byte at `at`, up to the end of its segment.
  std::span<std::byte> memory(std::uint64_t at) const;
};

/// A call of a device that is being made, and what the machine has told it.
class DeviceCallAccount {
 public:
  /// runs: must outlive this. sector_size: bytes. is_read: the first error ends the whole call.
  DeviceCallAccount(
      bool is_read, bool is_flush, std::span<const RunAccount> runs, std::uint64_t sectors)
      : is_read(is_read), is_flush(is_flush), runs(runs), sector_size(sectors) {}

  bool is_read, is_flush;
  std::span<const RunAccount> runs;
  std::uint64_t sector_size;
  std::map<std::size_t, int> errors = {};  ///< the first of each run that the machine told
  int first_error = 0;
  bool ring_failed = false;
  std::uint64_t pieces = 0;         ///< system calls and entries, continued ones too
  std::uint64_t pieces_wanted = 0;  ///< entries of a ring, if nothing comes between
  std::uint64_t submissions = 0, again = 0, cut = 0;  ///< of them; EINTR, EAGAIN; short ones

  bool is_over(std::size_t run) const { return is_read ? first_error != 0 : errors.contains(run); }
};

class FakeRing;

class FakeMachine {
 public:
  explicit FakeMachine(MachineSetting setting);
  ~FakeMachine();
  FakeMachine(const FakeMachine&) = delete;
  FakeMachine& operator=(const FakeMachine&) = delete;

  /// The one whose calls are answered; null: none.
  static FakeMachine* installed();

  /// A thread that makes a system call, or looks at the account; one at a time.
  class Turn {
   public:
    explicit Turn(FakeMachine& machine) : lock_(machine.turn_) {}

   private:
    std::unique_lock<std::recursive_mutex> lock_;
  };

  static constexpr int kFirstFd = 1 << 24;
  static bool is_fd(int fd);
  static bool is_path(const char* path);

  // The system calls: the answer, or a negative errno.
  int stat(const char* path, struct stat& to);
  int open(const char* path, int flags);
  int fstat(int fd, struct stat& to);
  int ioctl(int fd, unsigned long request, void* argument);
  int statx(int fd, struct statx& to);
  int flock(int fd, int operation);
  int fcntl(int fd, int command, int argument);
  int close(int fd);
  std::int64_t transfer(bool read, int fd, std::span<const iovec> memory, std::uint64_t pos);
  int fdatasync(int fd);
  /// A thread sleeps: what is in flight goes on.
  void sleeps(std::uint64_t nanoseconds);

  int ring_init(unsigned entries, ::io_uring& ring);
  int ring_dontfork(const ::io_uring& ring);
  void ring_exit(::io_uring& ring);
  int ring_submit(::io_uring& ring, unsigned wait_for);
  /// Whether it is a ring of this machine.
  bool has(const ::io_uring& ring) const;

  // The account.

  const MachineSetting& setting() const { return setting_; }
  /// Of this thread, from here to end().
  void begin(DeviceCallAccount& call);
  /// Called at the next submission to a ring, once: another thread may make a call meanwhile.
  void at_next_submission(std::function<void()> then);
  /// A child that closes a descriptor leaves the lock and the claim of the open file as they are.
  void begin_fork(bool begins) { is_child_ = begins; }
  void end(DeviceCallAccount& call);
  const std::vector<Answered>& log() const { return log_; }
  void forget_log() { log_.clear(); }
  /// What a call did that no code may do; empty: nothing.
  const std::string& complaint() const { return complaint_; }
  void complain(const std::string& what);

  std::size_t open_descriptors() const;
  std::size_t rings() const;
  std::size_t rings_kept_from_children() const;
  std::uint64_t in_flight() const;
  /// Open descriptors of the node: with these flags, and whether it has an exclusive lock.
  struct Open {
    int flags;
    bool locked;
    bool exclusive;
  };
  std::vector<Open> open_files() const;
  bool is_flushed() const { return !unflushed_; }
  std::uint64_t slept() const { return slept_; }

  std::vector<std::byte> bytes(std::uint64_t pos, std::uint64_t length) const;
  /// Moves bytes between the disk and memory, as the hardware does.
  void move(bool read, std::uint64_t pos, std::span<std::byte> memory);

 private:
  friend class FakeRing;

  struct File {
    int flags = 0;
    bool locked = false, open = true, is_ring = false, exclusive = false;
  };

  std::int64_t note(SystemCall call, std::int64_t answer, int fd = -1, int flags = 0);
  std::optional<std::int64_t> strike(SystemCall call);
  File* file(int fd);
  int new_fd(File file);
  bool fill(struct stat& to, bool opened) const;
  static DeviceCallAccount* current();
  /// Checks a piece before it is moved; the number of its run, nothing if it is wrong.
  std::optional<std::size_t> check_piece(
      DeviceCallAccount& call, bool read, int fd, std::span<const iovec> memory, std::uint64_t pos,
      bool may_be_over);
  /// Moves what the next strike leaves of a piece, and tells the call. The answer of the piece.
  std::int64_t answer_piece(
      DeviceCallAccount& call, bool read, std::span<const iovec> memory, std::uint64_t pos,
      std::size_t run);
  std::int64_t answer_sync(DeviceCallAccount* call, bool by_ring);
  void other_call();
  void check_cancel();
  void by_system_call();
  void spend();
  std::uint64_t draw(std::uint64_t below);

  MachineSetting setting_;
  std::uint64_t random_;
  std::map<int, File> files_;
  int next_fd_ = kFirstFd;
  std::array<std::uint64_t, kCalls> counts_{};
  std::vector<Answered> log_;
  std::string complaint_;
  std::recursive_mutex turn_;
  std::uint64_t number_;
  SparseBytes disk_;
  bool is_child_ = false;
  bool has_ring_failed_ = false;
  std::uint64_t busy_for_ = 0;  // exclusive openings
  bool unflushed_ = false;      // something was written and no flush has succeeded since
  std::vector<std::unique_ptr<FakeRing>> rings_;
  std::function<void()> other_call_;
  std::uint64_t slept_ = 0, spent_ = 0;
  std::uint64_t lookups_ = 0;
};

}  // namespace quire::props
