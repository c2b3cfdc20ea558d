// A file of a case as plain bytes: every side must show these.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quire::props {

/// One file, and the positions of its handles.
struct FileModel {
  std::vector<std::byte> bytes;
  std::array<std::uint64_t, 3> positions{};

  std::uint64_t size() const { return bytes.size(); }

  /// `from` at `pos`; a gap before it is zero.
  void write(std::uint64_t pos, std::span<const std::byte> from);

  /// Applies a successful fallocate. mode: FALLOC_FL_*.
  void fallocate(int mode, std::uint64_t at, std::uint64_t length);
};

}  // namespace quire::props
