// All that is proven: a list for each subject, named as the header of spec/ that it is about.
#pragma once

#include "proofs/obligation.h"

#include <vector>

namespace quire::proofs {

/// word_proofs.cpp: the arithmetic that every clause and loop is built of.
std::vector<Obligation> word_obligations();

/// write_loop_proofs.cpp: the loops of ref/ and impl/, one attempt from any state.
std::vector<Obligation> write_loop_obligations();

/// segment_proofs.cpp: the iterators, from segment to segment.
std::vector<Obligation> segment_obligations();

/// trip_proofs.cpp: any number of folios of one trip of impl, as one.
std::vector<Obligation> trip_obligations();

/// refinement_proofs.cpp: a trip of impl against the attempts of ref.
std::vector<Obligation> refinement_obligations();

/// iomap_proofs.cpp: iomap's outer loop and the body of a write.
std::vector<Obligation> iomap_obligations();

/// xfs_outer_proofs.cpp: XFS's path around the write through iomap.
std::vector<Obligation> xfs_outer_obligations();

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

/// prealloc_proofs.cpp: how far beyond a growing write XFS reserves space.
std::vector<Obligation> prealloc_obligations();

/// block_proofs.cpp: what impl decides of a folio's blocks.
std::vector<Obligation> block_obligations();

/// Every list above, one after the other.
std::vector<Obligation> all_obligations();

}  // namespace quire::proofs
