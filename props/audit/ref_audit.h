// The audit of a volume of ref's plain write path, and the parts that its models share with it.
#pragma once

#include "props/audit/cache_audit.h"
#include "ref/plain/volume.h"
#include "spec/recorder.h"

#include <cstdint>
#include <optional>

namespace quire::props {

/// Walks the structures of the volume between two calls, counts anew what they count, and reports
/// the records of spec/write/audit.h and volume_audit.h, and Books. memory_bytes: allocated for
/// folios. cut: the file that a truncate has just shrunk.
void audit(
    const ref::Volume& volume, std::uint64_t memory_bytes, spec::Recorder& recorder,
    std::optional<std::uint64_t> cut = {});

/// The cursor of one handle, and the word of errors that it belongs to.
void audit_cursor(std::uint64_t word, const ref::ErrorCursor& cursor, spec::Recorder& recorder);

/// Sees each folio of an index.
void see_folios(const ref::AddressSpace& pages, std::uint64_t block_size, CacheAudit& cache);

}  // namespace quire::props
