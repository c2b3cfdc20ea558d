// All obligations: a list for each subject, named after the header of spec/ that it is about.
#pragma once

#include "proofs/obligations/obligation.h"

#include <vector>

namespace quire::proofs {

/// word_proofs.cpp: the rounding of words.
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

/// lock_proofs.cpp: no cycle of waits, over all loops together.
std::vector<Obligation> lock_obligations();

/// errseq_proofs.cpp: each descriptor reports an error of writeback once.
std::vector<Obligation> errseq_obligations();

/// writeback_proofs.cpp: the end of a folio's writeback.
std::vector<Obligation> writeback_obligations();

/// collect_proofs.cpp: the blocks that impl's writeback collects, and the writes that it makes.
std::vector<Obligation> collect_obligations();

/// copy_proofs.cpp: the bytes that impl's copy accesses.
std::vector<Obligation> copy_obligations();

/// throttle_proofs.cpp: how long a writer waits for writeback.
std::vector<Obligation> throttle_obligations();

/// prealloc_proofs.cpp: the preallocations of XFS and F2FS.
std::vector<Obligation> prealloc_obligations();

/// f2fs_proofs.cpp: F2FS's block counts, and the reservation and release of blocks.
std::vector<Obligation> f2fs_obligations();

/// f2fs_write_proofs.cpp: F2FS's write_begin and write_end, of a page and of a cluster.
std::vector<Obligation> f2fs_write_obligations();

/// f2fs_lock_proofs.cpp: the lock order of F2FS's write.
std::vector<Obligation> f2fs_lock_obligations();

/// xfs_space_proofs.cpp: XFS's delayed blocks, their index, and quota.
std::vector<Obligation> xfs_space_obligations();

/// space_proofs.cpp: the block counts of the allocators of ref/ and impl/.
std::vector<Obligation> space_obligations();

/// bitmap_proofs.cpp: how impl's bitmap of blocks is walked and searched.
std::vector<Obligation> bitmap_obligations();

/// free_blocks_proofs.cpp: the free runs and buddy blocks of impl's allocators.
std::vector<Obligation> free_blocks_obligations();

/// block_proofs.cpp: the states of a folio's blocks in impl and ref.
std::vector<Obligation> block_obligations();

/// Every list above, one after the other.
std::vector<Obligation> all_obligations();

}  // namespace quire::proofs
