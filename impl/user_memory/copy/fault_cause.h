// Whether a signal comes from an instruction, or was sent and only says so.
//
// A thread can send itself any siginfo_t (rt_tgsigqueueinfo(2)), and the end of a child can come as
// SIGSEGV with a code of a fault (clone(2)). What the processor has reported stands in the
// ucontext_t, which the system alone writes.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include <cstddef>
#include <cstdint>

namespace quire::impl {

enum class Cause {
  sent,     ///< by a program, or by the system at a time of its own
  claimed,  ///< a fault by its siginfo_t; the system does not tell what the processor reported
  fault,    ///< an instruction of this thread, which causes it again if it runs again
  poison,   ///< bad hardware met in a page that is gone now: run again, the instruction faults
};

/// Without memory of its own: a signal that repeats the siginfo_t of the thread's last fault counts
/// as that fault.
[[nodiscard]] Cause cause_of(int signal, const siginfo_t& info, const ucontext_t& machine);

/// Whether an access to [start, start + n) can fault with this siginfo_t.
[[nodiscard]] bool may_be_at(const siginfo_t& info, std::uintptr_t start, std::size_t n);

}  // namespace quire::impl
