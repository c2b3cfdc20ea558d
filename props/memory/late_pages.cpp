// A thread that answers page faults with the bytes that belong there.
#include "props/memory/late_pages.h"

#include "props/memory/pattern.h"
#include "props/memory/poison.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

// Absent from headers older than Linux 5.11 and 6.1.
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif

namespace quire::props {
namespace {

struct Userfaultfd {
  Descriptor fd;
  int error = 0;  // why there is none
  bool sees_kernel = false;
};

Descriptor userfaultfd(int flags) {
  return Descriptor(static_cast<int>(::syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags)));
}

/// The userfaultfd with the most features that this process may have, ready for use.
Userfaultfd open_userfaultfd() {
  Userfaultfd opened{.fd = userfaultfd(0), .sees_kernel = true};
  if (!opened.fd && errno == EPERM) {
    const Descriptor device(::open("/dev/userfaultfd", O_RDWR | O_CLOEXEC));
    if (device) {
      opened.fd = Descriptor(::ioctl(device.get(), USERFAULTFD_IOC_NEW, O_CLOEXEC | O_NONBLOCK));
    }
    if (!opened.fd) opened = {.fd = userfaultfd(UFFD_USER_MODE_ONLY)};
  }
  uffdio_api api{};
  api.api = UFFD_API;
  if (!opened.fd || ::ioctl(opened.fd.get(), UFFDIO_API, &api) != 0) {
    opened = {.fd = {}, .error = errno};
  }
  return opened;
}

/// The outcome of open_userfaultfd(), once for the process; `fd` is closed again.
const Userfaultfd& probe() {
  static const Userfaultfd found = [] {
    Userfaultfd opened = open_userfaultfd();
    opened.fd = {};
    return opened;
  }();
  return found;
}

}  // namespace

std::string why_no_userfaultfd() {
  if (probe().error == 0) return {};
  return std::string("userfaultfd: ") + std::strerror(probe().error);
}

bool supports_kernel_faults() { return probe().error == 0 && probe().sees_kernel; }

LatePages::LatePages(
    std::size_t bytes, std::chrono::microseconds delay, std::function<void()> touched)
    : memory_(bytes, PROT_READ | PROT_WRITE),
      faults_(open_userfaultfd().fd),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      touched_(std::move(touched)),
      delay_(delay),
      page_(kPage) {
  check_call(static_cast<bool>(faults_), "userfaultfd");
  check_call(static_cast<bool>(stop_), "eventfd");
  uffdio_register range{};
  range.range = {reinterpret_cast<std::uintptr_t>(memory_.data()), memory_.size()};
  range.mode = UFFDIO_REGISTER_MODE_MISSING;
  check_call(::ioctl(faults_.get(), UFFDIO_REGISTER, &range) == 0, "UFFDIO_REGISTER");

  // Block all signals: their handlers may touch a late page, and run on another thread then.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  server_ = std::thread([this] { serve(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LatePages::~LatePages() {
  const std::uint64_t one = 1;
  // An eventfd that holds 0 takes any small number at once.
  [[maybe_unused]] const auto written = ::write(stop_.get(), &one, sizeof one);
  server_.join();
}

std::byte* LatePages::add(const LateBytes& content) {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::max<std::size_t>(1, pages_of(content.misalignment + content.size));
  std::byte* const start = memory_.take(count);
  // Dropped here and not in clear(): a second report of a fault that was already answered may come
  // in between, and its answer would stay.
  check_call(::madvise(start, count * kPage, MADV_DONTNEED) == 0, "madvise");
  buffers_.push_back({start + content.misalignment, content});
  return buffers_.back().data;
}

void LatePages::clear() {
  const std::lock_guard lock(mutex_);
  buffers_.clear();
  memory_.give_back();
}

void LatePages::serve() {
  // The default slack of 50 us would hide short delays.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  for (;;) {
    std::array<pollfd, 2> ready{{{faults_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[1].revents != 0) return;

    uffd_msg message{};
    if (::read(faults_.get(), &message, sizeof message) != sizeof message) continue;
    if (message.event != UFFD_EVENT_PAGEFAULT) continue;
    if (touched_) touched_();
    std::chrono::microseconds delay;
    {
      const std::lock_guard lock(mutex_);
      delay = delay_;
    }
    if (delay > delay.zero()) std::this_thread::sleep_for(delay);
    const std::uintptr_t address = message.arg.pagefault.address & ~(kPage - 1);
    supply(memory_.data() + (address - reinterpret_cast<std::uintptr_t>(memory_.data())));
  }
}

void LatePages::supply(std::byte* page) {
  const std::lock_guard lock(mutex_);
  compose(page);
  uffdio_copy copy{};
  copy.dst = reinterpret_cast<std::uintptr_t>(page);
  copy.src = reinterpret_cast<std::uintptr_t>(page_.data());
  copy.len = kPage;
  while (::ioctl(faults_.get(), UFFDIO_COPY, &copy) != 0 && errno == EAGAIN) {
    std::this_thread::yield();
  }
  if (copy.copy == static_cast<std::int64_t>(kPage)) return;
  // Two threads have met the same page: it is there, and the second may still sleep.
  uffdio_range range{copy.dst, kPage};
  ::ioctl(faults_.get(), UFFDIO_WAKE, &range);
}

/// Fills page_ with the bytes of `page`.
void LatePages::compose(std::byte* page) {
  std::memset(page_.data(), static_cast<int>(kPoison), kPage);
  const auto after = std::upper_bound(
      buffers_.begin(), buffers_.end(), page + kPage - 1,
      [](const std::byte* at, const Buffer& buffer) { return at < buffer.data; });
  if (after == buffers_.begin()) return;
  const auto& [data, content] = *(after - 1);
  std::byte* const begin = std::max(page, data);
  std::byte* const end = std::min(page + kPage, data + content.size);
  if (!content.seed || begin >= end) return;
  fill_pattern(
      {page_.data() + (begin - page), static_cast<std::size_t>(end - begin)}, *content.seed,
      content.first + static_cast<std::uint64_t>(begin - data));
}

}  // namespace quire::props
