// Generators of cases for ref beside the running kernel.
#pragma once

#include "props/lockstep/command.h"

#include <rapidcheck/Gen.h>

namespace quire::props {

/// The largest number of bytes that ref's volume may be asked to hold in a case.
inline constexpr std::uint64_t kPeerVolumeBytes = std::uint64_t{64} << 20;
/// And a room's, as long as nobody fills it.
inline constexpr std::uint64_t kRoomVolumeBytes = std::uint64_t{32} << 20;

/// A case: up to some thirty commands on two files, by three handles each, positions in a universe
/// of 16 KiB to 4 MiB. Blocks are of 4096 bytes, as the peers have them. late: whether memory may
/// be supplied late.
rc::Gen<Case> arbitrary_peer_case(bool late);

/// Which numbers Setting::mount may have: below it. Each names mount options of the XFS room, and
/// how files of the F2FS room are made.
inline constexpr std::uint64_t kRoomMounts = 216;

/// The same for a room of ref, however it is mounted.
rc::Gen<Case> arbitrary_room_case(bool late);
/// And with blocks from 512 bytes on.
rc::Gen<Case> arbitrary_xfs_case(bool late);

}  // namespace quire::props
