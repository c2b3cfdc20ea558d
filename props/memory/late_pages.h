// Memory whose pages are supplied only when they are touched, and late.
#pragma once

#include "props/device/descriptor.h"
#include "props/memory/mapping.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace quire::props {

/// Empty if LatePages can be made, else one line that says why not.
[[nodiscard]] std::string why_no_userfaultfd();

/// Whether pages are also supplied when the kernel touches them for a system call
/// (process_vm_readv(2), write(2)). If not, such a call finds them inaccessible: EFAULT or a short
/// count. It takes root, CAP_SYS_PTRACE, /dev/userfaultfd or vm.unprivileged_userfaultfd=1.
[[nodiscard]] bool supports_kernel_faults();

/// The contents of one buffer of late pages.
struct LateBytes {
  std::size_t size;
  std::size_t misalignment;           // from the start of its first page, less than kPage
  std::optional<std::uint64_t> seed;  // of the pattern; without one it is filled with kPoison
  std::uint64_t first;                // the byte of the pattern at the start of the buffer
};

/// Buffers in memory registered with userfaultfd(2). A thread fills each page when it is first
/// touched, `delay` after that; the thread that touched it waits. The bytes around a buffer are
/// kPoison.
///
/// add() and clear() are for one thread at a time; the pages may be touched by any.
/// A forked child must not touch them: it sees zeros.
class LatePages {
 public:
  /// bytes: the size of all buffers together, a multiple of kPage. touched: runs on the thread that
  /// fills pages, each time that one is waited for and before it is filled; may be empty. Throws
  /// std::system_error; ask why_no_userfaultfd() first.
  LatePages(std::size_t bytes, std::chrono::microseconds delay, std::function<void()> touched = {});
  LatePages(const LatePages&) = delete;
  LatePages& operator=(const LatePages&) = delete;
  ~LatePages();

  /// Hands out pages for one more buffer and returns its first byte. Each page is missing again
  /// until touched. Throws std::length_error when none are left.
  std::byte* add(const LateBytes& content);

  /// Takes all buffers back. No thread may touch one any more.
  void clear();

 private:
  struct Buffer {
    std::byte* data;
    LateBytes content;
  };

  void serve();
  void supply(std::byte* page);
  void compose(std::byte* page);

  Mapping memory_;
  Descriptor faults_;
  Descriptor stop_;
  std::function<void()> touched_;
  std::mutex mutex_;  // of the members that follow
  std::chrono::microseconds delay_;
  std::vector<Buffer> buffers_;  // by ascending address; no two share a page
  std::vector<std::byte> page_;  // the bytes of the missing page
  std::thread server_;
};

}  // namespace quire::props
