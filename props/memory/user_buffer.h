// The memory that a caller passes to read and write, the hostile kinds included.
#pragma once

#include "props/device/descriptor.h"
#include "props/memory/late_pages.h"
#include "props/memory/mapping.h"

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace quire::props {

enum class BufferKind {
  plain,              ///< every byte is there
  ends_in_prot_none,  ///< from byte `readable` on: pages without access (SIGSEGV)
  ends_in_sigbus,     ///< from byte `readable` on: a private mapping past its file's end (SIGBUS)
  supplied_late,      ///< every byte is there in the end; each page comes when touched (LatePages)
  hole_in_middle,     ///< one page without access from byte `readable` on, good memory behind it
};

/// Every kind, in order.
inline constexpr BufferKind kBufferKinds[] = {
    BufferKind::plain, BufferKind::ends_in_prot_none, BufferKind::ends_in_sigbus,
    BufferKind::supplied_late, BufferKind::hole_in_middle};

std::string_view name_of(BufferKind kind);

/// How a buffer is to be made. A fault can only begin at a page, so `readable` decides the
/// alignment of the kinds that fault: data() + readable is the first byte of a page.
struct BufferShape {
  BufferKind kind = BufferKind::plain;
  std::size_t size = 0;  // bytes, 0 to UserMemory::kBytesMax

  /// Of the kinds that fault: bytes before the first one that faults, at most `size`. Equal to
  /// `size`, every byte is there and the one behind the buffer faults. The others have all:
  /// ignored.
  std::size_t readable = 0;

  /// data() modulo kPage, less than kPage, of plain and supplied_late; and of a buffer that ends in
  /// a fault with readable == 0, which then starts anywhere in a page that faults. Otherwise
  /// ignored.
  std::size_t misalignment = 0;
};

/// A caller's buffer: it points into a UserMemory, and is good until that is cleared.
struct UserBuffer {
  std::byte* data;
  std::size_t size;
  std::size_t readable;  // bytes before the first that faults; size when none does
  BufferKind kind;

  iovec segment() const { return {data, size}; }
};

/// The buffers of one command: a write's sources or a read's destinations, each of its own kind.
///
/// Made once and cleared for each command, it keeps its address space: a plain or late buffer costs
/// at most one system call, and so does the first of each kind that faults; each further one costs
/// one or two more, and clear() then one or two. It holds on to at most 130 MiB of touched pages,
/// about the largest commands seen. Buffers do not share pages, and
/// before and behind the bytes of each there are margins of poison, where the memory is good.
///
/// source(), destination() and clear() are for one thread at a time; the buffers are for any.
class UserMemory {
 public:
  /// Of all buffers together.
  static constexpr std::size_t kBytesMax = std::size_t{8} << 20;
  static constexpr std::size_t kBuffersMax = 1024;

  /// late_by: the time between the touch of a supplied_late page and its supply, beside that of the
  /// other thread which supplies it. Throws std::system_error if the machine has no memory left.
  explicit UserMemory(std::chrono::microseconds late_by = std::chrono::microseconds{0});

  /// Adds a buffer whose good bytes hold the pattern: byte i holds pattern(seed, first + i), also
  /// behind a hole. So the segments of one write can carry one pattern: pass the bytes of the
  /// segments before as first.
  ///
  /// Throws std::length_error past kBytesMax or kBuffersMax, std::invalid_argument for a shape out
  /// of range, std::system_error where the machine cannot (supplied_late: ask
  /// why_no_userfaultfd()).
  UserBuffer source(const BufferShape& shape, std::uint64_t seed, std::uint64_t first = 0);

  /// Adds a buffer whose good bytes hold kPoison. Throws as source().
  UserBuffer destination(const BufferShape& shape);

  /// From now on the first `bytes` bytes of all buffers together can be read, and none behind them,
  /// until this is called again. `bytes` is a boundary between buffers; all of them are
  /// ends_in_prot_none and readable to their last byte. Throws std::invalid_argument,
  /// std::system_error.
  void end_at(std::size_t bytes);

  /// The buffers in the order in which they were added.
  std::span<const UserBuffer> buffers() const { return buffers_; }
  /// The same as an iovec array.
  std::span<const iovec> segments() const { return segments_; }

  /// Whether the margins still hold poison: false after a write outside of a buffer. Checks up to
  /// kMargin bytes on either side, as far as good memory goes; not of supplied_late.
  bool margins_intact() const;
  static constexpr std::size_t kMargin = 64;

  /// Takes every buffer back. No thread may use one any more.
  void clear();

 private:
  struct Content {
    std::optional<std::uint64_t> seed;
    std::uint64_t first;
  };

  /// Memory whose faults stay where they are, for the first buffer of a kind that faults.
  struct Standing {
    explicit Standing(std::size_t bad);
    /// The start of the good memory whose last `good` bytes lie before the fault.
    std::byte* take(std::size_t good);

    Mapping memory;
    std::byte* fault;  ///< the first byte that faults; kBytesMax good ones lie before it
    bool in_use = false;
  };

  UserBuffer add(const BufferShape& shape, const Content& content);
  std::byte* place(const BufferShape& shape, const Content& content);
  std::byte* place_plain(const BufferShape& shape);
  std::byte* place_before_fault(const BufferShape& shape);
  std::byte* place_round_hole(const BufferShape& shape);
  std::byte* place_late(const BufferShape& shape, const Content& content);
  void add_margin(std::byte* begin, std::byte* end);

  std::chrono::microseconds late_by_;
  std::size_t bytes_ = 0;
  std::vector<UserBuffer> buffers_;
  std::vector<iovec> segments_;
  std::vector<std::span<const std::byte>> margins_;
  Mapping plain_;
  Mapping guarded_;  // readable and writable but for the faulting pages of the present buffers
  Mapping mapped_;   // without access but for the file mappings of the present buffers
  Descriptor file_;  // kBytesMax bytes of zeros
  Standing no_access_, past_file_, hole_;
  bool ended_ = false;               // end_at() has changed what can be read
  std::unique_ptr<LatePages> late_;  // made with the first buffer that needs it
};

}  // namespace quire::props
