// The signal handler that turns a fault of a copy kernel into a short count.
#pragma once

namespace quire::impl {

/// Takes over SIGSEGV and SIGBUS for the whole process, unless that is already so.
///
/// A fault of a copy kernel becomes its short count. Every other SIGSEGV or SIGBUS, sent or caused,
/// goes to whatever was installed before, nearly as the system would have delivered it:
///   a handler   is called with its sa_mask and SA_NODEFER applied, once only if SA_RESETHAND; it
///   may
///               leave by siglongjmp(). If the thread has an alternate stack, it runs there even
///               without SA_ONSTACK.
///   SIG_DFL     is restored, and the instruction faults again: the program dies of the right
///   signal
///               at the right place.
///   SIG_IGN     ignores signals that were sent; a real fault kills, as it does without a handler.
/// A thread that copies must not block the two signals: the system kills it at the first fault.
///
/// If the program installs a handler of its own later, faults of the copy reach that one. It must
/// pass on to the action it replaced, with all three arguments, what it does not know; a program
/// that drops the old action loses the short counts and dies or misbehaves at the first fault of a
/// copy. Calling install_fault_handler() again puts ours on top once more. The replaced handler
/// then gets the foreign faults first; if it passes one on to ours, the handler before it is next,
/// and so on down to the default, without a circle. It is simplest to install one's own handlers
/// before the first copy.
///
/// Thread-safe and idempotent; locks, so not for signal handlers. Each time it replaces a handler
/// that is new to it, it keeps some 200 bytes for good.
void install_fault_handler();

}  // namespace quire::impl
