// The files of a case as plain bytes: what ref and the peer must both show.
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

  /// What a successful fallocate leaves of the bytes. mode: FALLOC_FL_*.
  void fallocate(int mode, std::uint64_t at, std::uint64_t length);
};

/// Of a write of `source` to byte `to` of the file that it is mapped from (at byte `from`): which
/// values each byte may have after it. The copy may meet bytes that it has written before, or, when
/// a part of it was done again, bytes behind: so a byte may hold any of those that stood a multiple
/// of the distance away, as long as it passed through the target only.
/// source: the bytes as they were before. any_for_zero: a byte that is zero and lies in the target
/// may be met as anything (PeerAllowance::shows_old_memory).
class OverlapValues {
 public:
  OverlapValues(
      std::span<const std::byte> source, std::uint64_t from, std::uint64_t to, bool any_for_zero);

  bool allows(std::size_t i, std::byte value) const;

 private:
  using Set = std::array<std::uint64_t, 4>;  // one bit a value
  std::vector<Set> values_;
};

}  // namespace quire::props
