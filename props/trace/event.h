// The lines of a kernel trace as typed events.
#pragma once

#include "props/trace/mark.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace quire::props::trace {

// Positions, offsets and lengths are bytes of the file; blocks are blocks of the file system.

/// xfs_ilock and its kin. The event of a wait comes when it begins, that of a trylock before its
/// outcome, that of a release after it.
struct LockEvent {
  enum class Verb { waits, tried, demotes, drops };
  Verb verb;
  bool iolock, mmaplock, ilock;
  std::string caller;  ///< the kernel's function, without its offset
};
/// xfs_trans_alloc: space in the log is about to be reserved.
struct TransactionEvent {};
/// iomap_iter: the end of one iteration, and the begin of the next.
struct IterEvent {
  std::uint64_t pos;
  std::uint64_t length;  ///< left of the mapping before it, at most what is left of the call
  std::int64_t status;   ///< of the body that ended
  std::uint64_t flags;
};
/// iomap_iter_dstmap, iomap_iter_srcmap: begin's answer.
struct MapEvent {
  bool is_source;
  bool has_place;
  std::uint64_t offset, length, kind, flags;
};
/// xfs_file_buffered_write: the checks are done, data follows.
struct BufferedWriteEvent {
  std::uint64_t pos, count;
};
/// xfs_iomap_found, xfs_iomap_alloc, xfs_reflink_cow_found: the blocks that a begin found or
/// allocated.
struct BlocksEvent {
  bool allocated;
  bool cow_fork;
  std::uint64_t pos, count;  ///< the range of the begin; 0 and 0 of xfs_reflink_cow_found
  std::uint64_t start, blocks;
};
/// xfs_iomap_prealloc_size: stage (c) of spec/linux/prealloc.h.
struct PreallocEvent {
  std::uint64_t blocks, shift, allocsize;
};
/// mm_filemap_add_to_page_cache.
struct FolioEvent {
  std::uint64_t pos, order;
};
/// iomap_add_to_ioend: dirty bytes and the mapping they go to.
struct WritebackEvent {
  std::uint64_t pos, length;
  MapEvent map;
};
/// xfs_zero_eof, iomap_zero_iter, iomap_writeback_folio: the size of the file at that moment.
struct SizeEvent {
  std::uint64_t size;
};

struct Event {
  std::uint64_t line;  ///< from 1
  std::uint64_t task;  ///< the thread's id
  std::string device;  ///< "7:0"; empty for a mark
  std::uint64_t ino;   ///< 0 where the event names no file
  std::string text;    ///< the line
  std::variant<
      LockEvent, TransactionEvent, IterEvent, MapEvent, BufferedWriteEvent, BlocksEvent,
      PreallocEvent, FolioEvent, WritebackEvent, SizeEvent, Mark>
      what;
};

inline constexpr std::uint64_t kIterWrite = 1 << 0, kIterZero = 1 << 1, kIterFault = 1 << 3,
                               kIterUnshare = 1 << 7;
inline constexpr std::uint64_t kMapNew = 1 << 0, kMapShared = 1 << 2, kMapStale = 1 << 15;

/// Reads one line of trace or trace_pipe. Nothing for blank lines and comments. The error names
/// the line and what is not understood: an unknown event, a field that is missing, events that the
/// kernel lost.
[[nodiscard]] std::expected<std::optional<Event>, std::string> parse_event(
    std::uint64_t line, std::string_view text);

}  // namespace quire::props::trace
