// What the signals suite needs of the processor: steps, and the registers at a signal.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace quire::props {

/// AddressSanitizer tidies its frames up when the first function is entered after a jump out of a
/// handler: more instructions than can be stepped through. Does that now, in a frame that it looks
/// after: one whose address is kept, of a function without assembly.
[[gnu::noinline]] inline void tidy_frames_up() {
  char frame[32];
  [[maybe_unused]] const char* const volatile kept = frame;
}

#if defined(__x86_64__)

inline constexpr bool kCanStep = true;
inline constexpr greg_t kTrapFlag = 0x100;
inline constexpr greg_t kPageFault = 14;

/// From now on, or no more, SIGTRAP comes after each instruction.
inline void start_steps() { __writeeflags(__readeflags() | kTrapFlag); }
inline void end_steps() { __writeeflags(__readeflags() & ~std::uint64_t{kTrapFlag}); }
/// The same for the code that a signal has interrupted.
inline void end_steps(ucontext_t& machine) { machine.uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag; }

inline std::uintptr_t instruction_of(const ucontext_t& machine) {
  return static_cast<std::uintptr_t>(machine.uc_mcontext.gregs[REG_RIP]);
}
inline void go_on_at(ucontext_t& machine, std::uintptr_t instruction) {
  machine.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(instruction);
}

/// The byte that a kernel's loop over bytes is at.
inline const void* byte_at(const ucontext_t& machine) {
  return reinterpret_cast<const void*>(machine.uc_mcontext.gregs[REG_RSI]);
}

/// The address of the thread's last exception, if that was a page fault; else null.
inline const void* last_page_fault(const ucontext_t& machine) {
  const auto& registers = machine.uc_mcontext.gregs;
  return reinterpret_cast<const void*>(
      registers[REG_TRAPNO] == kPageFault ? registers[REG_CR2] : 0);
}

/// Loads a byte. resume: set to the instruction behind the load, first.
inline void load_byte(const void* at, volatile std::uintptr_t& resume) {
  asm volatile(
      "leaq 1f(%%rip), %%rcx\n\t"
      "movq %%rcx, %0\n\t"
      "movb (%1), %%al\n"
      "1:"
      : "=m"(resume)
      : "r"(at)
      : "rax", "rcx", "memory");
}

#else

// The suite says that it cannot run here.
inline constexpr bool kCanStep = false;
inline void start_steps() {}
inline void end_steps() {}
inline void end_steps(ucontext_t&) {}
inline std::uintptr_t instruction_of(const ucontext_t&) { return 0; }
inline void go_on_at(ucontext_t&, std::uintptr_t) {}
inline const void* byte_at(const ucontext_t&) { return nullptr; }
inline const void* last_page_fault(const ucontext_t&) { return nullptr; }
inline void load_byte(const void*, volatile std::uintptr_t&) {}

#endif

/// An address that no load can have.
inline const std::byte* nowhere() {
  return reinterpret_cast<const std::byte*>(std::uintptr_t{1} << 63);
}

}  // namespace quire::props
