// iomap's operations on a file's cached folios: find and lock them, visit a range, cut it out.
#pragma once

#include "ref/linux/iomap/ops.h"

#include <cstdint>
#include <expected>
#include <functional>

namespace quire::ref::iomap {

/// Locks the folio; the lock is stated (ref/noted_lock.h). False, and nothing is locked, where it
/// is locked already and `nowait` forbids to wait (IOM-6). Without nowait the lock must be free, or
/// become so in file.wait_for_folio: one thread would wait for itself.
bool lock_folio(File& file, Folio& folio, bool nowait);
void unlock_folio(File& file, Folio& folio);

/// Counts a folio that turns dirty or clean in this scope, with all its pages (BDP-5).
class CountedFolio {
 public:
  CountedFolio(File& file, const Folio& folio)
      : file_(file), folio_(folio), was_dirty_(folio.dirty()) {}
  ~CountedFolio();
  CountedFolio(const CountedFolio&) = delete;
  CountedFolio& operator=(const CountedFolio&) = delete;

 private:
  File& file_;
  const Folio& folio_;
  bool was_dirty_;
};

/// The folio that holds byte `pos`, or a stale one made for it, locked: a new one is as large as
/// `want` bytes suggest and memory allows, at most file.folio_size_max (PC-8). After a wait for its
/// lock it is looked up again: it may have left the cache (PC-9). Errors, with nothing locked:
///   ENOMEM  no memory for a page
///   EAGAIN  nowait: instead of that, or of waiting for the lock (IOM-6)
std::expected<Folio*, int> get_locked_folio(
    File& file, std::uint64_t pos, std::uint64_t want, bool nowait = false);

/// Calls visit(folio) for each cached folio that [from, to) touches, in ascending position. The
/// visitor must not drop folios.
void for_each_folio(
    File& file, std::uint64_t from, std::uint64_t to, const std::function<void(Folio&)>& visit);

/// No folio has a byte from here on; that of the last byte of the largest file ends behind
/// spec::kFileSizeMax.
inline constexpr std::uint64_t kCacheEnd = ~std::uint64_t{0};

/// Cuts [from, to) out of the cache: drops folios that lie in it, dirty or not; in others zeroes
/// the bytes and makes blocks that lie in it clean (PC-2, PC-3). Calls dropped(from, to), if given,
/// for each part.
void truncate_pagecache_range(
    File& file, std::uint64_t from, std::uint64_t to,
    const std::function<void(std::uint64_t from, std::uint64_t to)>& dropped = {});

/// The file's size has moved from `from` over `to`, where a write began past the old end: zeroes
/// the bytes between the two in the folio of the old end (WB-7). A store through a mapping may have
/// left bytes there.
void pagecache_isize_extended(File& file, std::uint64_t from, std::uint64_t to);

}  // namespace quire::ref::iomap
