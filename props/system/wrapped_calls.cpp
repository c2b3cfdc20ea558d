// The calls that the link has renamed (props/meson.build): to the machine, or on to the system.
//
// Each name also has the one that the C library gives it where files are of 64 bits.
#include "props/system/futex_watch.h"
#include "props/system/machine.h"

#include <fcntl.h>
#include <liburing.h>
#include <linux/futex.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <optional>

using quire::props::FakeMachine;
using quire::props::FutexWatch;

namespace {

/// The machine that answers a call, in its turn; or none.
class Turned {
 public:
  explicit Turned(FakeMachine* machine) : machine_(machine) {
    if (machine_ != nullptr) turn_.emplace(*machine_);
  }
  FakeMachine* operator->() const { return machine_; }
  explicit operator bool() const { return machine_ != nullptr; }

 private:
  FakeMachine* machine_;
  std::optional<FakeMachine::Turn> turn_;
};

Turned machine_of(int fd) {
  return Turned(FakeMachine::is_fd(fd) ? FakeMachine::installed() : nullptr);
}

Turned machine_of(const char* path) {
  return Turned(FakeMachine::is_path(path) ? FakeMachine::installed() : nullptr);
}

Turned any_machine() { return Turned(FakeMachine::installed()); }

/// As the C library answers: -1 and errno, which a call that succeeds may change too.
template <class Number>
Number in_errno(Number answer) {
  errno = answer < 0 ? static_cast<int>(-answer) : EINTR;
  return answer < 0 ? -1 : answer;
}

}  // namespace

// The linker knows these names.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {

#define QUIRE_WRAP_STAT(name)                                                      \
  int __real_##name(const char*, struct stat*);                                    \
  int __wrap_##name(const char* path, struct stat* to);                            \
  int __wrap_##name(const char* path, struct stat* to) {                           \
    const Turned machine = machine_of(path);                                       \
    return machine ? in_errno(machine->stat(path, *to)) : __real_##name(path, to); \
  }
QUIRE_WRAP_STAT(stat)
QUIRE_WRAP_STAT(stat64)

#define QUIRE_WRAP_FSTAT(name)                                                  \
  int __real_##name(int, struct stat*);                                         \
  int __wrap_##name(int fd, struct stat* to);                                   \
  int __wrap_##name(int fd, struct stat* to) {                                  \
    const Turned machine = machine_of(fd);                                      \
    return machine ? in_errno(machine->fstat(fd, *to)) : __real_##name(fd, to); \
  }
QUIRE_WRAP_FSTAT(fstat)
QUIRE_WRAP_FSTAT(fstat64)

#define QUIRE_WRAP_OPEN(name)                                                                 \
  int __real_##name(const char*, int, ...);                                                   \
  int __wrap_##name(const char* path, int flags, ...);                                        \
  int __wrap_##name(const char* path, int flags, ...) {                                       \
    if (const Turned machine = machine_of(path)) return in_errno(machine->open(path, flags)); \
    mode_t mode = 0;                                                                          \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0) {                                               \
      va_list more;                                                                           \
      va_start(more, flags);                                                                  \
      mode = va_arg(more, mode_t);                                                            \
      va_end(more);                                                                           \
    }                                                                                         \
    return __real_##name(path, flags, mode);                                                  \
  }
QUIRE_WRAP_OPEN(open)
QUIRE_WRAP_OPEN(open64)

#define QUIRE_WRAP_FCNTL(name)                                                       \
  int __real_##name(int, int, ...);                                                  \
  int __wrap_##name(int fd, int command, ...);                                       \
  int __wrap_##name(int fd, int command, ...) {                                      \
    va_list more;                                                                    \
    va_start(more, command);                                                         \
    void* const argument = va_arg(more, void*); /* as the C library takes it */      \
    va_end(more);                                                                    \
    const Turned machine = machine_of(fd);                                           \
    if (!machine) return __real_##name(fd, command, argument);                       \
    const auto number = static_cast<int>(reinterpret_cast<std::intptr_t>(argument)); \
    return in_errno(machine->fcntl(fd, command, number));                            \
  }
QUIRE_WRAP_FCNTL(fcntl)
QUIRE_WRAP_FCNTL(fcntl64)

#define QUIRE_WRAP_VECTOR(name, is_read)                                                         \
  ssize_t __real_##name(int, const iovec*, int, off_t, int);                                     \
  ssize_t __wrap_##name(int fd, const iovec* iov, int count, off_t pos, int flags);              \
  ssize_t __wrap_##name(int fd, const iovec* iov, int count, off_t pos, int flags) {             \
    const Turned machine = machine_of(fd);                                                       \
    if (!machine) return __real_##name(fd, iov, count, pos, flags);                              \
    if (flags != 0) machine->complain("a transfer has flags");                                   \
    return in_errno(static_cast<ssize_t>(machine->transfer(                                      \
        is_read, fd, {iov, static_cast<std::size_t>(count)}, static_cast<std::uint64_t>(pos)))); \
  }
QUIRE_WRAP_VECTOR(preadv2, true)
QUIRE_WRAP_VECTOR(preadv64v2, true)
QUIRE_WRAP_VECTOR(pwritev2, false)
QUIRE_WRAP_VECTOR(pwritev64v2, false)

#define QUIRE_WRAP_BYTES(name, is_read, Memory)                                       \
  ssize_t __real_##name(int, Memory, std::size_t, off_t);                             \
  ssize_t __wrap_##name(int fd, Memory bytes, std::size_t count, off_t pos);          \
  ssize_t __wrap_##name(int fd, Memory bytes, std::size_t count, off_t pos) {         \
    const Turned machine = machine_of(fd);                                            \
    if (!machine) return __real_##name(fd, bytes, count, pos);                        \
    const iovec one{const_cast<void*>(bytes), count};                                 \
    return in_errno(static_cast<ssize_t>(                                             \
        machine->transfer(is_read, fd, {&one, 1}, static_cast<std::uint64_t>(pos)))); \
  }
QUIRE_WRAP_BYTES(pread, true, void*)
QUIRE_WRAP_BYTES(pread64, true, void*)
QUIRE_WRAP_BYTES(pwrite, false, const void*)
QUIRE_WRAP_BYTES(pwrite64, false, const void*)

int __real_ioctl(int, unsigned long, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...) {
  va_list more;
  va_start(more, request);
  void* const argument = va_arg(more, void*);
  va_end(more);
  const Turned machine = machine_of(fd);
  return machine ? in_errno(machine->ioctl(fd, request, argument))
                 : __real_ioctl(fd, request, argument);
}

int __real_statx(int, const char*, int, unsigned, struct statx*);
int __wrap_statx(int fd, const char* path, int flags, unsigned mask, struct statx* to);
int __wrap_statx(int fd, const char* path, int flags, unsigned mask, struct statx* to) {
  const Turned machine = machine_of(fd);
  if (!machine) return __real_statx(fd, path, flags, mask, to);
  if (*path != '\0' || (flags & AT_EMPTY_PATH) == 0)
    machine->complain("statx(2) is not asked of the descriptor");
  return in_errno(machine->statx(fd, *to));
}

int __real_flock(int, int);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation) {
  const Turned machine = machine_of(fd);
  return machine ? in_errno(machine->flock(fd, operation)) : __real_flock(fd, operation);
}

int __real_close(int);
int __wrap_close(int fd);
int __wrap_close(int fd) {
  const Turned machine = machine_of(fd);
  return machine ? in_errno(machine->close(fd)) : __real_close(fd);
}

int __real_fdatasync(int);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd) {
  const Turned machine = machine_of(fd);
  return machine ? in_errno(machine->fdatasync(fd)) : __real_fdatasync(fd);
}

int __real_nanosleep(const timespec*, timespec*);
int __wrap_nanosleep(const timespec* time, timespec* rest);
int __wrap_nanosleep(const timespec* time, timespec* rest) {
  const Turned machine = any_machine();
  if (!machine) return __real_nanosleep(time, rest);
  machine->sleeps(
      static_cast<std::uint64_t>(time->tv_sec) * 1'000'000'000 +
      static_cast<std::uint64_t>(time->tv_nsec));
  return 0;
}

long __real_syscall(long, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
  va_list more;
  va_start(more, number);
  std::array<long, 6> a{};
  for (long& one : a) one = va_arg(more, long);
  va_end(more);
  const bool waits = number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT;
  FutexWatch* const watch = waits ? FutexWatch::of_this_thread() : nullptr;
  if (watch != nullptr)
    watch->begins(reinterpret_cast<const std::uint32_t*>(a[0]), static_cast<std::uint32_t>(a[2]));
  const long answer = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  if (watch != nullptr) watch->ends();
  return answer;
}

int __real_io_uring_queue_init(unsigned, io_uring*, unsigned);
int __wrap_io_uring_queue_init(unsigned entries, io_uring* ring, unsigned flags);
int __wrap_io_uring_queue_init(unsigned entries, io_uring* ring, unsigned flags) {
  const Turned machine = any_machine();
  return machine ? machine->ring_init(entries, *ring)
                 : __real_io_uring_queue_init(entries, ring, flags);
}

int __real_io_uring_ring_dontfork(io_uring*);
int __wrap_io_uring_ring_dontfork(io_uring* ring);
int __wrap_io_uring_ring_dontfork(io_uring* ring) {
  const Turned machine = any_machine();
  return machine ? machine->ring_dontfork(*ring) : __real_io_uring_ring_dontfork(ring);
}

void __real_io_uring_queue_exit(io_uring*);
void __wrap_io_uring_queue_exit(io_uring* ring);
void __wrap_io_uring_queue_exit(io_uring* ring) {
  if (const Turned machine = any_machine())
    machine->ring_exit(*ring);
  else
    __real_io_uring_queue_exit(ring);
}

int __real_io_uring_submit_and_wait(io_uring*, unsigned);
int __wrap_io_uring_submit_and_wait(io_uring* ring, unsigned wait_for);
int __wrap_io_uring_submit_and_wait(io_uring* ring, unsigned wait_for) {
  const Turned machine = any_machine();
  return machine ? machine->ring_submit(*ring, wait_for)
                 : __real_io_uring_submit_and_wait(ring, wait_for);
}
}
// NOLINTEND(bugprone-reserved-identifier)
