// Zeroing and unsharing through the page cache: the bodies.
#include "ref/linux/iomap/zero_range.h"

#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/read_or_zero.h"
#include "ref/linux/iomap/write_begin.h"
#include "ref/linux/iomap/writeback.h"

#include <algorithm>

namespace quire::ref::iomap {
namespace {

using Change = void (*)(std::span<std::byte> bytes);

void zero_bytes(std::span<std::byte> bytes) { std::ranges::fill(bytes, std::byte{0}); }
void keep_bytes(std::span<std::byte>) {}

/// Changes [pos, pos + length) folio by folio, and dirties it. The size stays (IOM-4).
Done change_range(Iteration& iteration, std::uint64_t pos, std::uint64_t length, Change change) {
  std::uint64_t at = pos;
  while (at < pos + length) {
    Prepared prepared = write_begin(iteration, at, pos + length - at);
    if (prepared.error != 0) return failed(errno_of(prepared.error), at - pos);
    if (prepared.stale != 0) return stale(at - pos);
    const std::uint64_t n = prepared.end - at;
    change(prepared.folio->bytes(at, at + n));
    write_end(iteration, prepared, at, n, n);
    put_folio(iteration, prepared);
    at += n;
  }
  return done(length);
}

bool is_dirty(File& file, std::uint64_t from, std::uint64_t to) {
  bool dirty = false;
  for_each_folio(file, from, to, [&](const Folio& folio) {
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      dirty |= folio.touches(i, from, to) && folio.blocks[i].dirty;
    }
  });
  return dirty;
}

/// Zeroes the cache of a range that reads as zero from the device. The two differ only if writeback
/// has failed and left bytes in the cache (WBK-3). Stale if the mapping is no longer valid.
Done zero_clean_cache(Iteration& iteration, std::uint64_t pos, std::uint64_t length) {
  File& file = *iteration.file;
  bool holds = true;
  for_each_folio(file, pos, pos + length, [&](Folio& folio) {
    lock_folio(file, folio, false);
    holds = holds && iteration.ops->valid(iteration.mapping);
    if (holds) {
      const std::uint64_t to = std::min(pos + length, folio.end());
      zero_bytes(folio.bytes(std::max(pos, folio.pos()), to));
    }
    unlock_folio(file, folio);
  });
  iteration.mapping.is_stale = !holds;
  return holds ? done(length) : stale(0);
}

/// A hole or unwritten space: only the cache can hold other bytes than zero. Writes dirty blocks
/// back first, which makes their space written; then the range is mapped again.
Done zero_unwritten(
    Iteration& iteration, WritebackOps& writeback, std::uint64_t pos, std::uint64_t length) {
  File& file = *iteration.file;
  if (!is_dirty(file, pos, pos + length)) return zero_clean_cache(iteration, pos, length);
  if (const int error = writepages(file, writeback, pos, pos + length); error != 0) {
    return failed(error);
  }
  iteration.mapping.is_stale = true;
  return stale(0);
}

bool reads_as_zero(const Mapping& from) {
  return from.kind == Kind::hole || from.kind == Kind::unwritten;
}

}  // namespace

int zero_range(
    File& file, Ops& ops, WritebackOps& writeback, std::uint64_t pos, std::uint64_t length,
    bool* did_zero) {
  if (length == 0) return 0;
  const auto body = [&](Iteration& iteration, std::uint64_t start, std::uint64_t n) {
    if (reads_as_zero(source_of(iteration.mapping, iteration.source))) {
      return zero_unwritten(iteration, writeback, start, n);
    }
    const Done zeroed = change_range(iteration, start, n, zero_bytes);
    if (did_zero != nullptr && zeroed.advanced != 0) *did_zero = true;
    return zeroed;
  };
  return errno_of(for_each_mapping(file, ops, {.zero = true}, pos, length, body).status);
}

int truncate_page(
    File& file, Ops& ops, WritebackOps& writeback, std::uint64_t pos, bool* did_zero) {
  const std::uint64_t end = spec::round_up(pos, file.block_size);
  return zero_range(file, ops, writeback, pos, end - pos, did_zero);
}

int unshare(File& file, Ops& ops, std::uint64_t pos, std::uint64_t length) {
  if (length == 0 || file.size <= pos) return 0;
  const auto body = [&](Iteration& iteration, std::uint64_t start, std::uint64_t n) {
    const bool shares_bytes = iteration.mapping.is_shared && !reads_as_zero(iteration.source);
    return shares_bytes ? change_range(iteration, start, n, keep_bytes) : done(n);
  };
  const std::uint64_t n = std::min(length, file.size - pos);
  return errno_of(
      for_each_mapping(file, ops, {.write = true, .unshare = true}, pos, n, body).status);
}

}  // namespace quire::ref::iomap
