// The audit of a volume of ref's model of XFS.
#pragma once

#include "ref/linux/xfs/volume.h"
#include "spec/recorder.h"

#include <cstdint>
#include <set>

namespace quire::props {

/// Walks the structures of the volume between two calls, counts anew what they count, and reports
/// the ledgers of spec/linux/space.h and the records of spec/linux/xfs/audit.h, spec/write/audit.h
/// and spec/write/volume_audit.h. memory_bytes: allocated for folios. held_back: blocks that the
/// checker itself has reserved, so that space runs short. stored: files that may have bytes behind
/// their end, through a mapping.
void audit(
    const ref::xfs::Volume& volume, std::uint64_t memory_bytes, std::uint64_t held_back,
    const std::set<std::uint64_t>& stored, spec::Recorder& recorder);

}  // namespace quire::props
