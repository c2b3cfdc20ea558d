// A copy that raises no signal, by process_vm_readv(2) and process_vm_writev(2) on this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace quire::impl {

/// As copy_from_user(), but memory that the system does not read for another process (of a device,
/// write-only) counts as inaccessible too. Empty, and nothing is copied, where the system refuses
/// the call. A system call for each 64 pages.
[[nodiscard]] std::optional<std::size_t> copy_from_user_by_system(
    void* to, const void* from, std::size_t n);

/// As copy_to_user(). Otherwise as copy_from_user_by_system().
[[nodiscard]] std::optional<std::size_t> copy_to_user_by_system(
    void* to, const void* from, std::size_t n);

/// As fault_in_readable(); a system call for each 64 pages.
[[nodiscard]] std::optional<std::size_t> fault_in_readable_by_system(
    const void* from, std::size_t n);

/// Whether [start, start + n) wraps, or reaches into addresses that no program can have. The system
/// refuses such a segment before it accesses the memory (access_ok()).
[[nodiscard]] bool is_no_user_range(const void* start, std::uint64_t n);

}  // namespace quire::impl
