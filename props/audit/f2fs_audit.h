// The audit of a volume of ref's model of F2FS.
#pragma once

#include "ref/linux/f2fs/volume.h"
#include "spec/recorder.h"

#include <cstdint>
#include <set>

namespace quire::props {

/// Walks the structures of the volume between two calls, counts anew what they count, and reports
/// the ledgers of spec/linux/f2fs/f2fs.h and the records of spec/linux/f2fs/audit.h and
/// spec/write/audit.h. stored: files that may have bytes behind their end, through a mapping.
void audit(
    const ref::f2fs::Volume& volume, const std::set<std::uint64_t>& stored,
    spec::Recorder& recorder);

}  // namespace quire::props
