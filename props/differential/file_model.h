// A file of a case as plain bytes: every side must show these.
#pragma once

#include "props/memory/sparse_bytes.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::props {

/// One file, and the positions of its handles. A file of 2^62 bytes costs what was written to it.
/// Past its size, and where nothing was written, it is zero.
class FileModel {
 public:
  std::array<std::uint64_t, 3> positions{};

  std::uint64_t size() const { return size_; }  ///< bytes

  /// Cuts the file, or adds zeroes.
  void resize(std::uint64_t size);

  /// `from` at `pos`; a gap before it is zero.
  void write(std::uint64_t pos, std::span<const std::byte> from);
  /// Bytes [from, from + n) of `source`, which may be this file, at `pos`.
  void copy_from(std::uint64_t pos, const FileModel& source, std::uint64_t from, std::uint64_t n);

  /// Applies a successful fallocate. mode: FALLOC_FL_*.
  void fallocate(int mode, std::uint64_t at, std::uint64_t length);

  std::byte at(std::uint64_t pos) const { return bytes_.at(pos); }
  void read(std::uint64_t pos, std::span<std::byte> to) const { bytes_.read(pos, to); }
  std::vector<std::byte> bytes(std::uint64_t pos, std::uint64_t n) const;

  /// How many bytes at the start of `got` are those of the file from `pos` on: all, or the number
  /// of the first that differs. As fast as memcmp.
  std::uint64_t equal_bytes(std::uint64_t pos, std::span<const std::byte> got) const {
    return bytes_.equal_bytes(pos, got);
  }

  /// The first byte of [start, end) that is not zero, or `end`.
  std::uint64_t find_nonzero(std::uint64_t start, std::uint64_t end) const {
    return bytes_.find_written(start, end);
  }

  /// Ranges below the size that hold all bytes which are not zero, in ascending order. They start
  /// and end up to 16 KiB off.
  std::vector<Range> written() const;

 private:
  /// Moves the bytes from `start` on to `to`, and the end of the file with them. Bytes between are
  /// cut or zero.
  void move_tail(std::uint64_t start, std::uint64_t to);

  std::uint64_t size_ = 0;
  SparseBytes bytes_{std::byte{0}};  ///< zero past size_
};

}  // namespace quire::props
