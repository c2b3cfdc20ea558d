// Generators of cases for ref beside the running kernel.
#pragma once

#include "props/lockstep/command.h"

#include <rapidcheck/Gen.h>

namespace quire::props {

/// The largest number of bytes that ref's volume may be asked to hold in a case.
inline constexpr std::uint64_t kPeerVolumeBytes = std::uint64_t{64} << 20;

/// A case: up to some thirty commands on two files, by three handles each, positions in a universe
/// of 16 KiB to 4 MiB. Blocks are of 4096 bytes, as the peers have them. late: whether memory may
/// be supplied late.
rc::Gen<Case> arbitrary_peer_case(bool late);

}  // namespace quire::props
