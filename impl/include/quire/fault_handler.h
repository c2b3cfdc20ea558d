// The signal handler of libquire, for programs that have handlers of their own.
#pragma once

#include <quire/config.h>

#ifdef QUIRE_CXX23

namespace quire {

/// Installs libquire's handler of SIGSEGV and SIGBUS, for the whole process: on top of the handlers
/// that are installed now. The first write or read of a program does the same; call this again
/// after the program, or a library in it, has installed a handler of these signals.
///
/// Errors: 0, or -ENOMEM, and then the handlers stay as they were.
/// Threads: any; not in a signal handler. Since 0.1.
///
/// Each time that it replaces an action which is new to it, it keeps some 200 bytes for good. The
/// code stays loaded until the process ends, also after dlclose(3).
///
/// While the handler is on top and the thread does not block the two signals:
///
/// - A write or read whose memory cannot be accessed ends with a short count or EFAULT, without a
///   system call for each piece of memory.
/// - Every other SIGSEGV or SIGBUS, sent or caused, goes to the handler that was there before, with
///   its sa_mask and SA_NODEFER, and once only if SA_RESETHAND. It gets the siginfo_t as the system
///   made it, but for the last byte of the padding. It may leave by siglongjmp(3). On a thread with
///   an alternate stack it runs there even without SA_ONSTACK.
/// - That includes a fault of a handler that interrupts a write or read, and on x86-64 a signal
///   that was sent with a siginfo_t that claims a fault: libquire asks what the processor reported.
///   Two such signals may be lost if they come while memory is copied and have an address in it:
///   one that repeats the thread's last fault, or comes before its first one, and one with
///   BUS_MCEERR_AR.
/// - SIG_DFL is restored, and the instruction faults again: the program dies of the right signal at
///   the right place; of a signal that was sent, at once. SIG_IGN ignores signals that were sent; a
///   fault kills.
///
/// When another handler is on top, or the thread blocks one of the signals:
///
/// - Calls move the caller's memory by process_vm_readv(2) and process_vm_writev(2), and raise no
///   signal: slower, with the same counts and errors. Memory that the system does not read for
///   another process (of a device, or write-only) then counts as inaccessible.
/// - A thread checks whether that is so in its first call, and in the first 16 calls of each tick
///   of CLOCK_MONOTONIC_COARSE (1 to 10 ms). Until the next tick it relies on the last of these
///   checks: if the handler was replaced, or the signals were blocked, in that time, a fault
///   reaches the other handler, or kills the process. So does a fault in a call that is under way
///   when another thread replaces the handler. install_fault_handler() makes its thread check
///   again at once.
/// - A later handler that passes faults on to the action it replaced, with all three arguments, may
///   be on top at any time.
/// - A handler that does not pass them on must not leave a call of libquire by siglongjmp(3): the
///   call's locks would stay held.
/// - Where a sandbox refuses process_vm_readv(2), calls go on as if the handler were on top.
///
/// If a replaced handler passes a foreign signal on to libquire's, the handler before it is next,
/// and so on down to the default, without a circle.
QUIRE_API int install_fault_handler() noexcept;

}  // namespace quire

#endif  // QUIRE_CXX23
