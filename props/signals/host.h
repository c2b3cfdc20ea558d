// The program around a copy: its handlers, what they have seen, and what it does to the copy.
//
// One at a time in a process, on the thread that made it.
#pragma once

#include "props/signals/signal_case.h"

#include <setjmp.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace quire::props {

/// The part of siginfo_t that the system hands over; the rest is padding.
struct SentInfo {
  std::array<std::byte, 48> bytes{};

  static SentInfo of(const siginfo_t& info);
  friend bool operator==(const SentInfo&, const SentInfo&) = default;
};

enum class Handler { host, later };

/// One run of a handler of the host.
struct Seen {
  Handler handler;
  int signal;
  bool has_info;  ///< the handler has SA_SIGINFO
  SentInfo info;  ///< zeros without it
  bool blocks_itself, blocks_usr2;
};

/// One thing that befell the copy.
struct Happened {
  unsigned order;  ///< among all, from 1; 0: it has not happened
  int signal;      ///< 0: none is expected
  SentInfo info;
  bool in_copy, in_byte_loop;  ///< an instruction of the copy was interrupted
  bool at_its_byte;            ///< its address is the byte that the loop over bytes was at
  bool merged;                 ///< the same signal was pending: the system keeps one
  bool repeats;                ///< it has the address of the thread's last fault
  bool of_copy, beside_copy;   ///< its address is a byte of the copy, or the one before or behind
  bool may_vanish;             ///< a lie that nobody can tell from a fault of the copy
};

/// What a case has led to. Lies in memory that a fork shares.
struct Observed {
  static constexpr std::size_t kMax = 64;

  std::array<Seen, kMax> seen;
  std::size_t count;  ///< of them
  bool overflowed;    ///< handlers ran more often; the copy was left then
  std::array<Happened, kBefallsMax> happened;

  std::size_t copied;
  bool copy_returned;
  unsigned wrong_copies;  ///< copies in a handler that did not end where they must
  bool mask_kept;
  bool actions_kept;  ///< what the host or libquire installed last is still on top
  bool ends_short_after;
  bool finished;  ///< the case ran to its end
};

/// The addresses of a case.
struct CopyMemory {
  std::byte* to;
  const std::byte* from;
  const std::byte* guard;  ///< a page without access, which is no part of the copy
};

using CopyCall = std::function<std::size_t(void*, const void*, std::size_t)>;

class Host {
 public:
  /// kernel: of the other copies. may_die: the process is a fork. All must outlive this object.
  Host(
      const SignalCase& c, const CopyMemory& copy_memory, const CopyCall& kernel, bool may_die,
      Observed& observed);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  /// Installs what was there before.
  ~Host();

  /// Runs the case. copy: copies as it says.
  void run(const std::function<std::size_t()>& copy);

  /// On the thread that supplies pages: one is waited for.
  void page_is_awaited();

 private:
  friend struct HostHandlers;

  /// The one whose handlers are installed.
  static inline Host* present = nullptr;

  /// What is interrupted.
  struct Where {
    bool in_copy = false, in_byte_loop = false;
    const void* byte = nullptr;     ///< that the loop over bytes is at
    const void* faulted = nullptr;  ///< by the last exception of the thread; may be null
  };

  void install();
  void copy_and_meet(const std::function<std::size_t()>& copy);
  void meet(Moment moment);
  void happen(std::size_t index, const Where& where);
  void send(std::size_t index, const Where& where);
  void fault(std::size_t index);
  void copy_short();
  void look_back();
  std::size_t next(Moment moment) const;
  bool awaits_pages() const;
  const std::byte* address_of(Place place) const;
  bool can_touch(const std::byte* address) const;
  bool is_of_copy(const std::byte* address, std::ptrdiff_t around = 0) const;

  const SignalCase& c_;
  CopyMemory copy_memory_;
  const CopyCall& kernel_;
  bool may_die_;
  Observed& observed_;

  pid_t thread_;
  const std::byte* last_fault_;
  unsigned order_ = 0;
  unsigned steps_ = 0;
  std::atomic<bool> awaited_{false};
  bool copying_ = false;
  std::uintptr_t resume_ = 0;  // behind the host's instruction that faults; 0: none does
  sigjmp_buf back_;            // the same for a handler without a context
  sigjmp_buf escape_;          // out of the copy
  sigset_t mask_;
  std::array<struct sigaction, 4> before_{};
  std::array<struct sigaction, 2> on_top_{}, below_later_{};
};

}  // namespace quire::props
