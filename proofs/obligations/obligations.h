// All that is proven: a list for each subject, named as the header of spec/ that it is about.
#pragma once

#include "proofs/obligations/obligation.h"

#include <vector>

namespace quire::proofs {

/// word_proofs.cpp: the arithmetic that every clause and loop is built of.
std::vector<Obligation> word_obligations();

/// write_loop_proofs.cpp: the loops of ref/ and impl/, one attempt from any state.
std::vector<Obligation> write_loop_obligations();

/// segment_proofs.cpp: the iterators, from segment to segment.
std::vector<Obligation> segment_obligations();

/// batch_proofs.cpp: any number of folios of one batch of impl, as one.
std::vector<Obligation> batch_obligations();

/// refinement_proofs.cpp: a batch of impl against the attempts of ref.
std::vector<Obligation> refinement_obligations();

/// iomap_proofs.cpp: iomap's outer loop and the body of a write.
std::vector<Obligation> iomap_obligations();

/// xfs_outer_proofs.cpp: XFS's path around the write through iomap.
std::vector<Obligation> xfs_outer_obligations();

/// lock_proofs.cpp: that nobody waits in a circle, all loops together.
std::vector<Obligation> lock_obligations();

/// errseq_proofs.cpp: who is told of an error of writeback, and how often.
std::vector<Obligation> errseq_obligations();

/// writeback_proofs.cpp: when a folio's writeback is over.
std::vector<Obligation> writeback_obligations();

/// collect_proofs.cpp: what impl's writeback collects, and how it writes that.
std::vector<Obligation> collect_obligations();

/// copy_proofs.cpp: which bytes impl's copy touches.
std::vector<Obligation> copy_obligations();

/// throttle_proofs.cpp: how long a writer waits for writeback.
std::vector<Obligation> throttle_obligations();

/// prealloc_proofs.cpp: what XFS reserves beyond a growing write, and F2FS before any write.
std::vector<Obligation> prealloc_obligations();

/// f2fs_proofs.cpp: who counts F2FS's blocks, and how they are reserved and given back.
std::vector<Obligation> f2fs_obligations();

/// f2fs_write_proofs.cpp: F2FS's write_begin and write_end, of a page and of a cluster.
std::vector<Obligation> f2fs_write_obligations();

/// f2fs_lock_proofs.cpp: in which order F2FS's write locks.
std::vector<Obligation> f2fs_lock_obligations();

/// xfs_space_proofs.cpp: XFS's delayed blocks, their index, and quota.
std::vector<Obligation> xfs_space_obligations();

/// allocator_proofs.cpp: what the allocators of ref/ and impl/ count, and how a bitmap is searched.
std::vector<Obligation> allocator_obligations();

/// block_proofs.cpp: what impl and ref make of a folio's blocks.
std::vector<Obligation> block_obligations();

/// Every list above, one after the other.
std::vector<Obligation> all_obligations();

}  // namespace quire::proofs
