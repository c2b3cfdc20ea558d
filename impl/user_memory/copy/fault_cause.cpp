#include "impl/user_memory/copy/fault_cause.h"

#include <algorithm>

namespace quire::impl {
namespace {

#if defined(__x86_64__)

constexpr greg_t kPageFault = 14;

/// Exceptions that raise SIGSEGV or SIGBUS and have no address: overflow, bounds, task segment,
/// segment, stack, general protection, alignment, control protection.
constexpr std::uint64_t kWithoutAddress =
    1 << 4 | 1 << 5 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 17 | 1 << 21;

/// Registers keep the report of the thread's last exception; both are 0 before the first one.
Cause reported(int signal, const siginfo_t& info, const ucontext_t& machine) {
  const greg_t exception = machine.uc_mcontext.gregs[REG_TRAPNO];
  const greg_t address = machine.uc_mcontext.gregs[REG_CR2];
  const bool is_there = reinterpret_cast<greg_t>(info.si_addr) == address;
  if (exception == kPageFault && is_there) return Cause::fault;
  // gVisor fills in the address alone.
  if (exception == 0 && (is_there || address == 0)) return Cause::claimed;
  // A machine check is no exception of the instruction. Linux unmaps the page before it signals.
  if (signal == SIGBUS && info.si_code == BUS_MCEERR_AR) return Cause::poison;
  const bool has_none = exception > 0 && exception < 64 && (kWithoutAddress >> exception & 1) != 0;
  return has_none && info.si_addr == nullptr ? Cause::fault : Cause::sent;
}

/// Such an access raises no page fault but a general protection fault.
bool is_not_canonical(std::uintptr_t address) { return address >> 47 != 0; }

constexpr std::uintptr_t kReportedUnit = 1;

#else

Cause reported(int, const siginfo_t&, const ucontext_t&) { return Cause::fault; }
bool is_not_canonical(std::uintptr_t) { return true; }

/// Some processors report no more than the page.
constexpr std::uintptr_t kReportedUnit = 4096;

#endif

/// Bytes, a power of two: the address is right to so many.
std::uintptr_t unit_of(const siginfo_t& info) {
  if (info.si_signo != SIGBUS || info.si_code != BUS_MCEERR_AR) return kReportedUnit;
  const std::uintptr_t told = std::uintptr_t{1} << std::clamp<int>(info.si_addr_lsb, 0, 30);
  return std::max(told, kReportedUnit);
}

}  // namespace

Cause cause_of(int signal, const siginfo_t& info, const ucontext_t& machine) {
  const bool is_sent = info.si_code <= 0 || (signal == SIGBUS && info.si_code == BUS_MCEERR_AO);
  return is_sent ? Cause::sent : reported(signal, info, machine);
}

bool may_be_at(const siginfo_t& info, std::uintptr_t start, std::size_t n) {
  if (n == 0) return false;
  if (info.si_code == SI_KERNEL) return is_not_canonical(start) || is_not_canonical(start + n - 1);
  const std::uintptr_t unit = unit_of(info);
  const std::uintptr_t first = start / unit;
  const std::uintptr_t last = (start + n - 1) / unit;
  return reinterpret_cast<std::uintptr_t>(info.si_addr) / unit - first <= last - first;
}

}  // namespace quire::impl
