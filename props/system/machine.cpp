#include "props/system/machine.h"

#include "props/memory/poison.h"
#include "props/system/fake_ring.h"
#include "props/system/futex_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sys/file.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

std::atomic<FakeMachine*> the_machine{nullptr};
thread_local DeviceCallAccount* current_call = nullptr;
thread_local FutexWatch* watch_of_this_thread = nullptr;

constexpr std::uint64_t kCallsMax = 20'000;  // of one case: who makes more goes round in a circle
constexpr std::uint64_t kDevice = 0x801;

/// The numbers of a machine's file: no two machines of a process have the same.
std::uint64_t new_numbers() {
  static std::uint64_t last = 4700;
  return last += 16;
}

}  // namespace

void FutexWatch::watch_this_thread(FutexWatch* watch) { watch_of_this_thread = watch; }

FutexWatch* FutexWatch::of_this_thread() { return watch_of_this_thread; }

const char* name_of(SystemCall call) {
  constexpr std::array<const char*, kCalls> kNames{
      "stat",       "open",          "fstat",  "ioctl",    "statx", "flock", "fcntl",
      "queue_init", "ring_dontfork", "submit", "transfer", "sync",  "close", "queue_exit"};
  return kNames.at(static_cast<std::size_t>(call));
}

FakeMachine::FakeMachine(MachineSetting setting)
    : setting_(std::move(setting)),
      random_(setting_.order),
      number_(new_numbers()),
      disk_(kPoison) {
  the_machine = this;
}

FakeMachine::~FakeMachine() { the_machine = nullptr; }

FakeMachine* FakeMachine::installed() { return the_machine.load(std::memory_order_relaxed); }

bool FakeMachine::is_path(const char* path) { return std::strncmp(path, "/machine/", 9) == 0; }

std::uint64_t FakeMachine::draw(std::uint64_t below) {
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  return below == 0 ? 0 : (random_ >> 33) % below;
}

void FakeMachine::complain(const std::string& what) {
  if (complaint_.empty()) complaint_ = what;
}

void FakeMachine::spend() {
  if (++spent_ > kCallsMax) throw std::runtime_error("it makes system calls without end");
}

void FakeMachine::check_cancel() {
  int before = 0;
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  int ours = 0;
  ::pthread_setcancelstate(before, &ours);
  if (!setting_.is_ref && before != PTHREAD_CANCEL_DISABLE)
    complain("a system call is made where the thread can be cancelled");
}

std::int64_t FakeMachine::note(SystemCall call, std::int64_t answer, int fd, int flags) {
  log_.push_back({call, answer, fd, flags});
  return answer;
}

std::optional<std::int64_t> FakeMachine::strike(SystemCall call) {
  const std::uint64_t n = counts_[static_cast<std::size_t>(call)]++;
  for (const CallStrike& s : setting_.strikes) {
    if (s.call == call && s.first <= n && n - s.first < s.times) return s.answer;
  }
  return std::nullopt;
}

FakeMachine::File* FakeMachine::file(int fd) {
  const auto found = files_.find(fd);
  return found != files_.end() && found->second.open ? &found->second : nullptr;
}

bool FakeMachine::is_fd(int fd) {
  const FakeMachine* const machine = installed();
  return fd >= kFirstFd || (fd == 0 && machine != nullptr && machine->files_.contains(0));
}

int FakeMachine::new_fd(File file) {
  // As where the program has closed its standard input.
  if (setting_.from_zero && !files_.contains(0)) {
    files_.emplace(0, file);
    return 0;
  }
  files_.emplace(next_fd_, file);
  return next_fd_++;
}

/// opened: what a descriptor says, which during a swap is another file than what the path says.
/// Whether it is.
bool FakeMachine::fill(struct stat& to, bool opened) const {
  to = {};
  const bool swapped = opened && !setting_.is_ref && lookups_ <= setting_.node.swaps;
  const auto mode = [](NodeKind kind) -> mode_t {
    switch (kind) {
      case NodeKind::block: return S_IFBLK;
      case NodeKind::regular: return S_IFREG;
      case NodeKind::directory: return S_IFDIR;
      case NodeKind::fifo: return S_IFIFO;
      case NodeKind::character: return S_IFCHR;
    }
    return 0;
  };
  to.st_mode = mode(setting_.node.kind) | 0600;
  to.st_dev = kDevice;
  to.st_ino = number_;
  to.st_rdev = number_;
  to.st_size = setting_.node.kind == NodeKind::regular ? static_cast<off_t>(setting_.node.size) : 0;
  if (!swapped) return false;
  if (setting_.node.swaps_kind) {
    to.st_mode =
        mode(setting_.node.kind == NodeKind::block ? NodeKind::character : NodeKind::directory);
  } else {
    to.st_ino += 1;
    to.st_rdev += 1;
  }
  return true;
}

int FakeMachine::stat(const char*, struct stat& to) {
  spend();
  ++lookups_;
  if (const auto error = strike(SystemCall::stat))
    return static_cast<int>(note(SystemCall::stat, *error));
  fill(to, false);
  return static_cast<int>(note(SystemCall::stat, 0));
}

int FakeMachine::open(const char*, int flags) {
  spend();
  check_cancel();
  const auto refused = [&](std::int64_t error) {
    return static_cast<int>(note(SystemCall::open, error, -1, flags));
  };
  if (const auto error = strike(SystemCall::open)) return refused(*error);
  if ((flags & O_DIRECT) != 0 && setting_.node.refuses_direct) return refused(-EINVAL);
  const bool exclusive = (flags & O_EXCL) != 0 && setting_.node.kind == NodeKind::block;
  if (exclusive && setting_.node.held_elsewhere) return refused(-EBUSY);
  if (exclusive && busy_for_ > 0) {
    --busy_for_;
    return refused(-EBUSY);
  }
  for (const auto& [fd, other] : files_) {
    if (exclusive && other.exclusive) return refused(-EBUSY);
  }
  const int fd = new_fd({.flags = flags, .exclusive = exclusive});
  return static_cast<int>(note(SystemCall::open, fd, fd, flags));
}

int FakeMachine::fstat(int fd, struct stat& to) {
  spend();
  if (file(fd) == nullptr) return -EBADF;
  if (const auto error = strike(SystemCall::fstat))
    return static_cast<int>(note(SystemCall::fstat, *error, fd));
  return static_cast<int>(note(SystemCall::fstat, 0, fd, fill(to, true) ? 1 : 0));
}

int FakeMachine::ioctl(int fd, unsigned long request, void* argument) {
  spend();
  if (file(fd) == nullptr) return -EBADF;
  const int what = static_cast<int>(request & 0xff);
  if (const auto error = strike(SystemCall::ioctl))
    return static_cast<int>(note(SystemCall::ioctl, *error, fd, what));
  const auto put = [&](auto value) { std::memcpy(argument, &value, sizeof value); };
  switch (request) {
    case BLKROGET: put(static_cast<int>(setting_.node.read_only)); break;
    case BLKSSZGET: put(static_cast<int>(setting_.node.sector_size)); break;
    case BLKGETSIZE64: put(setting_.node.size); break;
    default: return static_cast<int>(note(SystemCall::ioctl, -ENOTTY, fd, what));
  }
  return static_cast<int>(note(SystemCall::ioctl, 0, fd, what));
}

int FakeMachine::statx(int fd, [[maybe_unused]] struct statx& to) {
  spend();
  if (file(fd) == nullptr) return -EBADF;
  if (const auto error = strike(SystemCall::statx))
    return static_cast<int>(note(SystemCall::statx, *error, fd));
  std::memset(&to, 0, sizeof to);
#ifdef STATX_DIOALIGN
  if (setting_.node.direct == DirectIo::units) {
    to.stx_mask |= STATX_DIOALIGN;
    to.stx_dio_offset_align = setting_.node.direct_offset;
    to.stx_dio_mem_align = setting_.node.direct_memory;
  }
#endif
  return static_cast<int>(note(SystemCall::statx, 0, fd));
}

int FakeMachine::flock(int fd, int operation) {
  spend();
  File* const one = file(fd);
  if (one == nullptr) return -EBADF;
  const auto answer = [&](std::int64_t error) {
    return static_cast<int>(note(SystemCall::flock, error, fd, operation));
  };
  if (operation == LOCK_UN) {
    one->locked = false;
    return answer(0);
  }
  if (const auto error = strike(SystemCall::flock)) return answer(*error);
  if (operation != (LOCK_EX | LOCK_NB)) complain("flock(2) does not ask for an exclusive lock");
  if (setting_.node.held_elsewhere) return answer(-EWOULDBLOCK);
  for (const auto& [number, other] : files_) {
    if (number != fd && other.locked) return answer(-EWOULDBLOCK);
  }
  one->locked = true;
  return answer(0);
}

int FakeMachine::fcntl(int fd, int command, int argument) {
  spend();
  File* const one = file(fd);
  if (one == nullptr) return -EBADF;
  if (const auto error = strike(SystemCall::fcntl))
    return static_cast<int>(note(SystemCall::fcntl, *error, fd, command));
  // What open(2) alone knows is not among the flags of a file.
  if (command == F_GETFL)
    return static_cast<int>(
        note(SystemCall::fcntl, one->flags & ~(O_CLOEXEC | O_EXCL), fd, command));
  if (command == F_SETFL)
    one->flags = (one->flags & ~O_DIRECT) | (argument & O_DIRECT);
  else
    complain("fcntl(2) is asked for something else than flags");
  return static_cast<int>(note(SystemCall::fcntl, 0, fd, command));
}

int FakeMachine::close(int fd) {
  File* const one = file(fd);
  if (one == nullptr) {
    complain("a descriptor is closed that is not open");
    return -EBADF;
  }
  one->open = false;
  if (one->exclusive && !is_child_) busy_for_ = setting_.node.children_hold;
  if (!is_child_) one->locked = one->exclusive = false;
  return static_cast<int>(note(SystemCall::close, 0, fd));
}

void FakeMachine::sleeps(std::uint64_t nanoseconds) {
  spend();
  slept_ += nanoseconds;
  for (const auto& ring : rings_) {
    if (ring->completes_one()) return;
  }
}

DeviceCallAccount* FakeMachine::current() { return current_call; }

void FakeMachine::begin(DeviceCallAccount& call) { current_call = &call; }

void FakeMachine::end(DeviceCallAccount& call) {
  const Turn turn(*this);
  current_call = nullptr;
  for (const auto& ring : rings_) {
    if (ring->works_for(call)) complain("the call returns while the kernel still moves its memory");
  }
}

void FakeMachine::at_next_submission(std::function<void()> then) {
  const Turn turn(*this);
  other_call_ = std::move(then);
}

void FakeMachine::other_call() {
  const auto then = std::exchange(other_call_, {});
  if (!then) return;
  turn_.unlock();
  then();
  turn_.lock();
}

std::size_t FakeMachine::open_descriptors() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(files_, [](const auto& f) { return f.second.open; }));
}

std::vector<FakeMachine::Open> FakeMachine::open_files() const {
  std::vector<Open> all;
  for (const auto& [fd, f] : files_) {
    if (f.open && !f.is_ring) all.push_back({f.flags, f.locked, f.exclusive});
  }
  return all;
}

// The rings.

int FakeMachine::ring_init(unsigned entries, ::io_uring& ring) {
  spend();
  if (rings() >= setting_.rings)
    return static_cast<int>(note(SystemCall::ring_init, setting_.ring_error));
  if (const auto error = strike(SystemCall::ring_init))
    return static_cast<int>(note(SystemCall::ring_init, *error));
  const int fd = new_fd({.is_ring = true});
  rings_.push_back(std::make_unique<FakeRing>(*this, ring, entries, fd));
  return static_cast<int>(note(SystemCall::ring_init, 0, fd));
}

int FakeMachine::ring_dontfork(const ::io_uring& ring) {
  spend();
  const auto error = strike(SystemCall::ring_dontfork);
  if (!error) {
    for (const auto& one : rings_) one->keeps_from_children(ring);
  }
  return static_cast<int>(note(SystemCall::ring_dontfork, error.value_or(0)));
}

void FakeMachine::ring_exit(::io_uring& ring) {
  const auto found = std::ranges::find_if(rings_, [&](const auto& one) { return one->is(ring); });
  if (found == rings_.end()) {
    complain("a ring ends that is none");
    return;
  }
  if ((*found)->is_busy()) complain("a ring ends with entries in flight");
  note(SystemCall::ring_exit, 0, (*found)->fd());
  file((*found)->fd())->open = false;
  rings_.erase(found);
}

int FakeMachine::ring_submit(::io_uring& ring, unsigned wait_for) {
  spend();
  check_cancel();
  for (const auto& one : rings_) {
    if (one->is(ring)) return one->submit(wait_for);
  }
  complain("a submission to a ring that is none");
  return -EBADF;
}

bool FakeMachine::has(const ::io_uring& ring) const {
  return std::ranges::any_of(rings_, [&](const auto& one) { return one->is(ring); });
}

std::size_t FakeMachine::rings() const { return rings_.size(); }

std::size_t FakeMachine::rings_kept_from_children() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(rings_, [](const auto& one) { return one->is_kept_from_children(); }));
}

std::uint64_t FakeMachine::in_flight() const {
  return static_cast<std::uint64_t>(
      std::ranges::count_if(rings_, [](const auto& one) { return one->is_busy(); }));
}

}  // namespace quire::props
