// The reference folio: a run of pages of a file, and two flags for each of its blocks.
#pragma once

#include "ref/cache/block_flags.h"
#include "spec/geometry.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace quire::ref {

using Block = BlockFlags<bool>;

/// Positions are bytes of the file. Under the write loop's own hooks (ref/plain/write_begin_end.h)
/// either all blocks are uptodate or none is: a caller that needs a part of a stale folio reads the
/// whole of it (ref/plain/read_folio.h).
class Folio {
 public:
  /// A stale folio of [pos, pos + size): size is a page times a power of two, pos a multiple of it.
  /// The bytes come from `memory`; throws what it throws.
  Folio(
      std::uint64_t pos, std::uint64_t size, std::uint64_t block_size,
      std::pmr::memory_resource* memory)
      : blocks(size / block_size),
        pos_(pos),
        size_(size),
        block_size_(block_size),
        pages_(size / spec::kPageSize, memory) {
    std::ranges::fill(bytes(pos, end()), kNeverWritten);
  }

  std::uint64_t pos() const { return pos_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t end() const { return pos_ + size_; }

  /// The bytes of [from, to) of the file, which lies in the folio.
  std::span<std::byte> bytes(std::uint64_t from, std::uint64_t to) {
    return std::span(pages_.front().bytes.data(), size_).subspan(from - pos_, to - from);
  }

  /// All of its bytes.
  std::span<const std::byte> bytes() const { return std::span(pages_.front().bytes.data(), size_); }

  std::uint64_t block_pos(std::size_t i) const { return pos_ + i * block_size_; }
  std::uint64_t block_end(std::size_t i) const { return block_pos(i) + block_size_; }
  ByteRange<std::uint64_t> block_range(std::size_t i) const { return {block_pos(i), block_end(i)}; }
  std::span<std::byte> block_bytes(std::size_t i) { return bytes(block_pos(i), block_end(i)); }

  /// Whether block i and [from, to) have a byte in common.
  bool touches(std::size_t i, std::uint64_t from, std::uint64_t to) const {
    return ref::touches(block_range(i), {from, to});
  }

  /// Zeroes the folio's bytes at and past byte `from` of the file.
  void zero_from(std::uint64_t from) {
    if (from < end()) std::ranges::fill(bytes(std::max(from, pos_), end()), std::byte{0});
  }

  bool uptodate() const { return std::ranges::all_of(blocks, &Block::uptodate); }
  bool dirty() const { return std::ranges::any_of(blocks, &Block::dirty); }

  std::vector<Block> blocks;
  bool locked = false;
  bool writeback = false;  ///< its blocks are being written to the device

 private:
  /// Bytes that were never written show themselves if they are read (O3).
  static constexpr std::byte kNeverWritten{0xdb};

  struct alignas(spec::kPageSize) Page {
    Page() {}  // leaves the bytes to the folio
    std::array<std::byte, spec::kPageSize> bytes;
  };

  std::uint64_t pos_;
  std::uint64_t size_;
  std::uint64_t block_size_;
  std::pmr::vector<Page> pages_;
};

}  // namespace quire::ref
