// The records of the steps that are judged one by one, in one type.
//
// A room of the model adds its records here, and beside each record a function
//   template <class W> constexpr const auto& clauses_of(const Record<W>&)
// that names the clauses it is judged by. Whoever judges then judges all of them.
#pragma once

#include "spec/call_return.h"
#include "spec/folio_add.h"
#include "spec/iomap.h"
#include "spec/iomap_attempt.h"
#include "spec/iov_iter.h"
#include "spec/prealloc.h"
#include "spec/space.h"
#include "spec/xfs_begin.h"

#include <cstdint>
#include <variant>

namespace quire::spec {

using Step = std::variant<
    IterStep<std::uint64_t>,           // what the iterator did
    IomapBegin<std::uint64_t>,         // a mapping that was answered
    IomapTrip<std::uint64_t>,          // one begin, body and end
    IomapAttempt<std::uint64_t>,       // one attempt of a write's body
    IomapWrite<std::uint64_t>,         // a whole write through iomap
    Prealloc<std::uint64_t>,           // XFS: how far beyond a write space was asked for
    Reservation<std::uint64_t>,        // XFS: delayed blocks
    SpaceLedger<std::uint64_t>,        // XFS: the books of the volume,
    FileLedger<std::uint64_t>,         //   of a file,
    QuotaLedger<std::uint64_t>,        //   of a quota record
    DelayedChange<std::uint64_t>,      // XFS: delayed extents merged, split, cut
    XfsBegin<std::uint64_t>,           // XFS: a mapping for a write
    DelayedConversion<std::uint64_t>,  // XFS: a delayed extent got its place
    Completion<std::uint64_t>,         // XFS: a run of writeback completed
    BlockGcScan<std::uint64_t>,        // XFS: block gc began,
    BlockGcFile<std::uint64_t>,        //   and came to a file
    FolioAdd<std::uint64_t>,           // a folio entered the cache
    CallReturn<std::uint64_t>          // a call returned
    >;

}  // namespace quire::spec
