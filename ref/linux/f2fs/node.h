// The nodes of one file: block addresses, inline data, flags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <set>
#include <vector>

namespace quire::ref::f2fs {

/// Bytes of a block; also a page, and a folio.
inline constexpr std::uint64_t kBlockSize = 4096;

/// Bytes of a file that fit into its inode.
inline constexpr std::uint64_t kInlineMax = 3488;

/// Pages of a cluster of a compressed file.
inline constexpr std::uint64_t kClusterPages = 4;
inline constexpr std::uint64_t kClusterSize = kClusterPages * kBlockSize;

/// A block of the main area, which starts at 1, or one of three special values.
using Address = std::uint64_t;
inline constexpr Address kNullAddress = 0;                    ///< a hole
inline constexpr Address kNewAddress = ~std::uint64_t{0};     ///< reserved; reads as zero
inline constexpr Address kCompressAddress = kNewAddress - 1;  ///< heads a compressed cluster

constexpr bool is_block_address(Address address) {
  return address != kNullAddress && address < kCompressAddress;
}

/// One file's nodes. A checkpoint keeps a copy of them. Indices are pages of the file.
struct Node {
  explicit Node(std::pmr::memory_resource* memory) : addresses(memory), dnodes(memory) {}

  Address address(std::uint64_t index) const {
    const auto found = addresses.find(index);
    return found == addresses.end() ? kNullAddress : found->second;
  }

  /// The right block count of the file (F2-4): addresses that are not NULL, and node blocks.
  std::uint64_t owned() const { return addresses.size() + dnodes.size(); }

  /// The first index of the cluster that holds page `index`.
  static std::uint64_t cluster_of(std::uint64_t index) {
    return index / kClusterPages * kClusterPages;
  }
  /// Whether the cluster that holds page `index` is stored compressed.
  bool is_stored_compressed(std::uint64_t index) const {
    return address(cluster_of(index)) == kCompressAddress;
  }

  std::uint64_t size = 0;    ///< bytes
  std::uint64_t blocks = 0;  ///< i_blocks, the inode's own node block not among them
  std::pmr::map<std::uint64_t, Address> addresses;  ///< by page index; those that are not NULL
  std::pmr::set<std::uint64_t> dnodes;  ///< node blocks that hold further addresses, by number

  bool is_inline = false;    ///< the bytes are in `inline_bytes`, not in blocks
  bool data_exists = false;  ///< inline data was written, perhaps only to the cache so far
  std::vector<std::byte> inline_bytes;  ///< kInlineMax of them, or none

  bool is_compressed = false;  ///< its clusters may be stored compressed
  bool is_released = false;    ///< its saved blocks were released: no writes
  bool is_pinned = false;      ///< its blocks never move
  bool is_immutable = false;
  bool must_truncate = false;  ///< a preallocation may have left blocks past the size (F2-1)
};

}  // namespace quire::ref::f2fs
