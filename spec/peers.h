// Where a file system of the running kernel, or of one in a guest, may answer otherwise than ref.
//
// Everything that is not allowed here must be equal. A name without a version was seen on Linux
// 6.18; spec/README.md shows the smallest commands for each.
#pragma once

#include <array>
#include <string_view>

namespace quire::spec {

/// What one file system may do with a write that meets memory which cannot be read. Such a write
/// has `readable` bytes before the first that cannot, and returns r.
struct PeerAllowance {
  std::string_view peer;

  /// r may be anything from 1 to `readable`, or EFAULT: the copy is given up a block, or a folio,
  /// at a time (GPW-11 lets it).
  bool stops_early;

  /// Where nothing is accepted behind the end of the file, its size may grow up to the position of
  /// the write, by zeroes: the end of a write of 0 bytes moves it.
  bool failed_write_grows;

  /// The bytes of the request behind r may read as anything where they lay in a hole: a block is
  /// taken for uptodate before the copy, which then stops short (against WB-3 and O3).
  bool shows_old_memory;
};

inline constexpr std::array kPeers{
    PeerAllowance{"xfs", false, false, true},       PeerAllowance{"ext4", false, true, false},
    PeerAllowance{"btrfs", true, false, false},     PeerAllowance{"tmpfs", false, true, false},
    PeerAllowance{"xfs-6.1", false, true, true},    PeerAllowance{"xfs-6.12", false, false, true},
    PeerAllowance{"btrfs-6.1", true, false, false}, PeerAllowance{"btrfs-6.12", true, false, false},
};

/// A subject that is no peer is allowed nothing.
constexpr PeerAllowance allowance_of(std::string_view name) {
  for (const PeerAllowance& allowance : kPeers) {
    if (allowance.peer == name) return allowance;
  }
  return {name, false, false, false};
}

}  // namespace quire::spec
