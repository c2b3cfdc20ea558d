// Generators of cases for two sets of files: ref's and a kernel's, or two of ref's.
#pragma once

#include "props/differential/command.h"

#include <rapidcheck/Gen.h>

namespace quire::props {

/// The largest number of bytes that ref's volume may be asked to hold in a case.
inline constexpr std::uint64_t kPeerVolumeBytes = std::uint64_t{64} << 20;
/// And the volume of ref's model of XFS or F2FS, as long as no command fills it.
inline constexpr std::uint64_t kModelVolumeBytes = std::uint64_t{32} << 20;

/// The same case, if its commands have faults with nothing that faults are kept apart from: a
/// second thread, calls that must not wait, throttled writers, a full volume.
Case with_faults_alone(Case drawn);

/// A case: up to some thirty commands on two files, by three handles each, positions in a universe
/// of 16 KiB to 4 MiB. Blocks are of 4096 bytes, as the peers have them. late: whether memory may
/// be supplied late.
rc::Gen<Case> arbitrary_peer_case(bool late);

/// Setting::mount is below it. Each number means mount options of ref's model of XFS, and kinds of
/// inodes of its model of F2FS.
inline constexpr std::uint64_t kMounts = 216;

/// The same for ref's models, on any mount. In some of them the device and the memory of the model
/// fail.
rc::Gen<Case> arbitrary_mounted_case(bool late);
/// The same for ref's model of F2FS. Files may be large, and in some cases a second thread drops
/// what is cached while space is collected.
rc::Gen<Case> arbitrary_f2fs_case(bool late);
/// Cases for two of ref's models of XFS under quotas that bite: limits of few blocks, or of some
/// hundred, by user, group and project, of one kind or more. Commands whose answer EDQUOT leaves
/// them half done are not among them: fallocate and clone.
rc::Gen<Case> arbitrary_quota_case(bool late);

/// The same for ref's model of XFS: blocks of 512 to 4096 bytes.
rc::Gen<Case> arbitrary_xfs_case(bool late);

}  // namespace quire::props
