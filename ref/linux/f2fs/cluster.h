// A cluster of a compressed file: four pages that are stored together, in fewer blocks.
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <vector>

namespace quire::ref::f2fs {

struct alignas(kBlockSize) PageBytes {
  std::array<std::byte, kBlockSize> bytes{};
};

/// The stored form of a cluster: a head (4 bytes: the length of the rest, little-endian), then LZ4
/// data, padded to blocks with zeroes. Empty unless that saves a block. `pages`: its kClusterPages
/// pages.
std::vector<PageBytes> compress(std::span<const PageBytes> pages);

/// The pages of the cluster that starts at page `start`, which is stored compressed. EIO when the
/// stored bytes cannot be decompressed, else the device's error (negative).
std::expected<std::vector<PageBytes>, int> read_cluster(Inode& inode, std::uint64_t start);

/// The pages of a stored cluster. packed: its blocks, behind its head. EIO (negative) when they
/// cannot be decompressed.
std::expected<std::vector<PageBytes>, int> unpack(std::span<const PageBytes> packed);

/// Locks every page of the stored cluster that starts at page `start`, in ascending order, and
/// reads those that are stale. ENOMEM, EIO or the device's error (negative): then none is locked.
std::expected<std::vector<Folio*>, int> lock_cluster(Inode& inode, std::uint64_t start);

/// Writes the dirty pages of the cluster that starts at page `start` to the device: compressed if
/// all of it is dirty, lies in the file, and shrinks by a block at least; else page by page. One
/// that is stored compressed is rewritten whole. 0 or the first error (negative). size: of the
/// file, bytes.
int write_cluster(Inode& inode, std::uint64_t start, std::uint64_t size);

/// Makes the stored cluster that holds byte `length` a plain one: bytes of its page from `length`
/// on are zero, and the pages behind it are only reserved. Nothing changes on an error (negative).
/// Requires a length within the cluster, not at its start.
int cut_cluster(Inode& inode, std::uint64_t length);

/// Writes back, then releases the blocks that compression saved; the file accepts no writes from
/// then on. Returns how many blocks, or a negative errno: EINVAL for a file that is not compressed
/// or was released before.
std::int64_t release_compress_blocks(Inode& inode);

/// Reserves them again, all of a cluster's or none (F2-5). Returns how many; ENOSPC, EDQUOT or
/// ENOMEM (negative) when a cluster got none: those before it keep theirs, and a later call
/// continues. EINVAL for a file that was not released.
std::int64_t reserve_compress_blocks(Inode& inode);

}  // namespace quire::ref::f2fs
