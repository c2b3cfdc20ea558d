// The number of this process, at the cost of two loads: a forked child must not use devices that
// its parent opened.
#pragma once

#include <atomic>
#include <cstdint>

namespace quire::impl {

/// Where this process keeps its number; the number reads as 0 in a child that has none yet. Null
/// before the first call of this_process().
extern constinit std::atomic<std::atomic<std::uint64_t>*> process_mark;

/// this_process() where the process has no number yet.
std::uint64_t number_this_process() noexcept;

/// The number of this process. None of its ancestors had the same; children of one parent may.
///
/// A child made by fork(2), by _Fork(3) or by clone(2) without CLONE_VM is a process of its own.
/// One that shares its parent's memory, as a child of vfork(2) does, counts as the parent. Linux
/// before 4.14 sees fork(2) only. Any thread may call.
inline std::uint64_t this_process() noexcept {
  const auto* mark = process_mark.load(std::memory_order_acquire);
  if (mark != nullptr) [[likely]] {
    const std::uint64_t number = mark->load(std::memory_order_relaxed);
    if (number != 0) [[likely]]
      return number;
  }
  return number_this_process();
}

}  // namespace quire::impl
