// One type for all records that are judged one by one.
//
// A new record is added here, and its header gets a function
//   template <class W> constexpr const auto& clauses_of(const Record<W>&)
// that returns its clauses. Every judge of a Step then judges it too.
#pragma once

#include "spec/linux/delalloc.h"
#include "spec/linux/errseq.h"
#include "spec/linux/f2fs/audit.h"
#include "spec/linux/f2fs/f2fs.h"
#include "spec/linux/f2fs/reserve.h"
#include "spec/linux/f2fs/write_end.h"
#include "spec/linux/f2fs/writeback.h"
#include "spec/linux/failed_writeback.h"
#include "spec/linux/file_checks.h"
#include "spec/linux/iomap/attempt.h"
#include "spec/linux/iomap/folio.h"
#include "spec/linux/iomap/outer_loop.h"
#include "spec/linux/iomap/writeback.h"
#include "spec/linux/legacy_errors.h"
#include "spec/linux/page_cache.h"
#include "spec/linux/prealloc.h"
#include "spec/linux/space.h"
#include "spec/linux/sync.h"
#include "spec/linux/throttle.h"
#include "spec/linux/writeback_range.h"
#include "spec/linux/xfs/audit.h"
#include "spec/linux/xfs/begin.h"
#include "spec/linux/xfs/outer.h"
#include "spec/linux/xfs/outer_call.h"
#include "spec/write/audit.h"
#include "spec/write/failed_call.h"
#include "spec/write/folio_use.h"
#include "spec/write/freed_extent.h"
#include "spec/write/iov_iter.h"
#include "spec/write/placement.h"
#include "spec/write/volume_audit.h"

#include <cstdint>
#include <variant>

namespace quire::spec {

using Step = std::variant<
    IterStep<std::uint64_t>,           // a call of the iterator
    WriteChecks<std::uint64_t>,        // the generic checks of a write
    ModifiedStep<std::uint64_t>,       // privileges and times before a write
    WriteSync<std::uint64_t>,          // the end of a write that may be synchronous
    OuterStep<std::uint64_t>,          // XFS: a step of the outer write path,
    OuterCall<std::uint64_t>,          //   and a whole call of it
    IomapBegin<std::uint64_t>,         // a mapping that begin returned
    IomapIteration<std::uint64_t>,     // one begin, body and end
    IomapAttempt<std::uint64_t>,       // one attempt of a write's body
    IomapWrite<std::uint64_t>,         // a whole write through iomap
    IomapChange<std::uint64_t>,        // a folio that was changed under a mapping
    IomapForget<std::uint64_t>,        // cached bytes that a failed write dropped
    IomapGap<std::uint64_t>,           // a byte of the gap below a write past the end
    DelallocRelease<std::uint64_t>,    // a block of a range that is released
    DelallocPunch<std::uint64_t>,      // a reservation that was released
    UnusedRange<std::uint64_t>,        // the part of its reservation that a write left unused
    WritebackStep<std::uint64_t>,      // a step in the count of a folio's bytes under writeback
    FolioWriteback<std::uint64_t>,     // a folio that was written back
    IoendSubmit<std::uint64_t>,        // a run submitted to the device
    Prealloc<std::uint64_t>,           // XFS: the size of a speculative preallocation
    Reservation<std::uint64_t>,        // XFS: delayed blocks
    SpaceLedger<std::uint64_t>,        // XFS: the ledger of the volume,
    FileLedger<std::uint64_t>,         //   of a file,
    QuotaLedger<std::uint64_t>,        //   of a quota record
    DelayedChange<std::uint64_t>,      // XFS: delayed extents merged, split, cut
    XfsBegin<std::uint64_t>,           // XFS: a mapping for a write
    DelayedConversion<std::uint64_t>,  // XFS: a delayed extent was allocated
    Completion<std::uint64_t>,         // XFS: a run of writeback completed
    BlockGcScan<std::uint64_t>,        // XFS: block gc began,
    BlockGcFile<std::uint64_t>,        //   and came to a file
    LegacyStep<std::uint64_t>,         // an operation on the two error flags of a file
    Placement<std::uint64_t>,          // an extent that a file was given
    Books<std::uint64_t>,              // the block counts of a volume, between two calls
    FolioAudit<std::uint64_t>,         // the structures of a volume, between two calls: a folio,
    FileAudit<std::uint64_t>,          //   a file,
    VolumeAudit<std::uint64_t>,        //   the volume,
    CursorAudit<std::uint64_t>,        //   the errors that a handle has seen
    ForkAudit<std::uint64_t>,          //   XFS: the forks of a file,
    RunAudit<std::uint64_t>,           //   a run of its writeback,
    ReleaseAudit<std::uint64_t>,       //   and a block that a write gave back
    NodeAudit<std::uint64_t>,          //   F2FS: the nodes of a file,
    AreaAudit<std::uint64_t>,          //   and the main area
    FailedCall<std::uint64_t>,         // a call that may have failed
    RunOutcome<std::uint64_t>,         // a run of blocks written to the device
    FlushedFile<std::uint64_t>,        // a flush, and a file
    HandleAnswer<std::uint64_t>,       // the result of an fsync of a handle
    ThrottlePass<std::uint64_t>,       // a pass of writeback that a writer makes
    FolioUse<std::uint64_t>,           // a cached folio that is read or changed
    FreedExtent<std::uint64_t>,        // blocks that are freed
    F2fsPageWrite<std::uint64_t>,      // F2FS: a page that was written back
    ThrottleRound<std::uint64_t>, QuotaCheck<std::uint64_t>, DirtyCount<std::uint64_t>,
    FolioPass<std::uint64_t>, WritebackPass<std::uint64_t>, WriteAndWait<std::uint64_t>,
    CutByte<std::uint64_t>, FolioInvalidation<std::uint64_t>, FoundFolio<std::uint64_t>,
    ReserveStep<std::uint64_t>, ReserveCall<std::uint64_t>, VolumeLedger<std::uint64_t>,
    OwnerLedger<std::uint64_t>, PreallocatedWrite<std::uint64_t>, InlineConversion<std::uint64_t>,
    CheckpointStep<std::uint64_t>, AtomicReserve<std::uint64_t>, F2fsWriteEnd<std::uint64_t>,
    ClusterEnd<std::uint64_t>>;

}  // namespace quire::spec
