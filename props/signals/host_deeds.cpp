// What befalls a copy: the host's signals, faults and other copies.
#include "props/memory/pattern.h"
#include "props/signals/host.h"
#include "props/signals/machine.h"
#include "props/signals/signal_sets.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <latch>
#include <thread>

namespace quire::props {
namespace {

void queue(pid_t thread, siginfo_t info) {
  ::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), thread, info.si_signo, &info);
}

}  // namespace

SentInfo SentInfo::of(const siginfo_t& info) {
  SentInfo sent;
  std::memcpy(sent.bytes.data(), &info, sent.bytes.size());
  return sent;
}

void Host::happen(std::size_t index, const Where& where) {
  Happened& happened = observed_.happened[index];
  happened.order = ++order_;
  happened.in_copy = where.in_copy;
  happened.in_byte_loop = where.in_byte_loop;
  if (c_.befalls[index].deed == Deed::sends) return send(index, where);
  // The host's own faults come at once.
  const sigset_t passed = set_of(kPassed);
  ::pthread_sigmask(SIG_UNBLOCK, &passed, nullptr);
  c_.befalls[index].deed == Deed::faults ? fault(index) : copy_short();
}

void Host::page_is_awaited() {
  const std::size_t index = next(Moment::waiting);
  if (index == c_.befalls.size() || awaited_.exchange(true)) return;
  if (c_.befalls[index].by_thread) {
    happen(index, {.in_copy = true});
  } else {
    ::syscall(SYS_tgkill, ::getpid(), thread_, SIGUSR1);
  }
}

void Host::send(std::size_t index, const Where& where) {
  const Befalls& b = c_.befalls[index];
  Happened& happened = observed_.happened[index];
  const std::byte* const address = address_of(b.place);
  siginfo_t info{};
  info.si_signo = b.signal;
  info.si_code = b.code;
  info.si_addr = const_cast<std::byte*>(address);
  const bool by_tgkill = b.by_thread && b.code == SI_TKILL;
  if (by_tgkill) {
    info.si_pid = ::getpid();
    info.si_uid = ::getuid();
  }
  happened.signal = b.signal;
  happened.info = SentInfo::of(info);
  sigset_t pending;
  ::sigpending(&pending);
  happened.merged = ::sigismember(&pending, b.signal) == 1;
  happened.repeats = address == where.faulted;
  happened.at_its_byte = where.in_byte_loop && address == where.byte;
  happened.of_copy = is_of_copy(address);
  happened.beside_copy =
      address == copy_memory_.from - 1 || address == copy_memory_.from + c_.bytes;
  const bool says_poison = b.signal == SIGBUS && b.code == BUS_MCEERR_AR;
  // Between two of its instructions the registers tell a block's place no better than so.
  constexpr std::ptrdiff_t kAround = 512;
  // That one is of memory which nobody has touched yet.
  const bool is_delayed = b.signal == SIGBUS && b.code == BUS_MCEERR_AO;
  happened.may_vanish =
      where.in_copy && b.code > 0 && !is_delayed &&
      (says_poison ? is_of_copy(address, kAround) : happened.repeats && happened.of_copy);
  if (may_die_ && b.code > 0 && !copying_ && c_.later != Later::on_top) {
    // Where the host has no handler, libquire tells a lie from a fault by the last fault alone: a
    // lie must not repeat it. So another fault comes first.
    std::byte byte;
    if (kernel_(&byte, copy_memory_.guard + 7, 1) != 0) ++observed_.wrong_copies;
  }
  const auto deliver = [&] {
    if (by_tgkill)
      ::syscall(SYS_tgkill, ::getpid(), thread_, b.signal);
    else
      queue(thread_, info);
  };
  if (!b.by_thread || where.in_copy) return deliver();
  // While a thread is made, AddressSanitizer blocks most signals of the thread that makes it.
  std::latch made{1};
  std::thread sender([&] {
    made.wait();
    deliver();
  });
  made.count_down();
  sender.join();
}

void Host::fault(std::size_t index) {
  Happened& happened = observed_.happened[index];
  const Place place = c_.befalls[index].place;
  const std::byte* at = place == Place::nowhere ? nowhere() : address_of(place);
  if (place != Place::nowhere && can_touch(at)) at = copy_memory_.guard + 5;
  const bool in_tail = is_of_copy(at) || at == copy_memory_.from + c_.bytes;
  siginfo_t info{};
  info.si_signo = c_.tail == Tail::past_the_end && in_tail ? SIGBUS : SIGSEGV;
  info.si_code = SEGV_ACCERR;
  if (info.si_signo == SIGBUS) info.si_code = BUS_ADRERR;
  info.si_addr = const_cast<std::byte*>(at);
  if (place == Place::nowhere) {
    info.si_code = SI_KERNEL;
    info.si_addr = nullptr;
  } else {
    last_fault_ = at;
  }
  happened.signal = info.si_signo;
  happened.info = SentInfo::of(info);
  if (sigsetjmp(back_, 1) == 0) load_byte(at, resume_);
  resume_ = 0;
}

void Host::copy_short() {
  constexpr std::size_t kMost = 13, kBeyond = 9;
  // A page that comes late is for the copy to wait for, not for this one.
  const bool in_source = !c_.at_front && !awaits_pages();
  const std::size_t readable = in_source ? std::min(c_.readable, kMost) : 0;
  const std::byte* const from =
      in_source ? copy_memory_.from + c_.readable - readable : copy_memory_.guard + 7;
  std::array<std::byte, kMost + kBeyond> to;
  to.fill(kPoison);
  bool right = kernel_(to.data(), from, readable + kBeyond) == readable;
  for (std::size_t i = 0; i < to.size(); ++i)
    right = right && to[i] == (i < readable ? from[i] : kPoison);
  if (!right) ++observed_.wrong_copies;
}

const std::byte* Host::address_of(Place place) const {
  switch (place) {
    case Place::first: return copy_memory_.from;
    case Place::inside: return copy_memory_.from + c_.bytes / 2;
    case Place::last: return copy_memory_.from + c_.bytes - 1;
    case Place::one_before: return copy_memory_.from - 1;
    case Place::one_behind: return copy_memory_.from + c_.bytes;
    case Place::stop: return copy_memory_.from + c_.readable;
    case Place::target: return copy_memory_.to + c_.bytes / 2;
    case Place::before_target: return copy_memory_.to - 1;
    case Place::behind_target: return copy_memory_.to + c_.bytes;
    case Place::last_fault: return last_fault_;
    case Place::nowhere: return nullptr;
  }
  return nullptr;
}

/// around: bytes on either side that count, too.
bool Host::is_of_copy(const std::byte* address, std::ptrdiff_t around) const {
  const auto within = [&](const std::byte* start) {
    return start - around <= address && address < start + c_.bytes + around;
  };
  return within(copy_memory_.from) || within(copy_memory_.to);
}

/// Of the places that a fault of the host is drawn from.
bool Host::can_touch(const std::byte* address) const {
  if (address == last_fault_) return false;
  if (c_.at_front) return address != copy_memory_.from - 1;
  const std::byte* const tail = copy_memory_.from + c_.readable;
  return address < tail || tail + (c_.bytes - c_.readable) < address;
}

}  // namespace quire::props
