// All lists as one.
#include "proofs/obligations/obligations.h"

#include <iterator>
#include <utility>

namespace quire::proofs {

std::vector<Obligation> all_obligations() {
  std::vector<Obligation> all;
  for (auto list : {&word_obligations,       &block_obligations,      &segment_obligations,
                    &batch_obligations,      &refinement_obligations, &write_loop_obligations,
                    &iomap_obligations,      &xfs_outer_obligations,  &lock_obligations,
                    &errseq_obligations,     &writeback_obligations,  &collect_obligations,
                    &copy_obligations,       &throttle_obligations,   &prealloc_obligations,
                    &f2fs_obligations,       &f2fs_write_obligations, &f2fs_lock_obligations,
                    &xfs_space_obligations,  &space_obligations,      &bitmap_obligations,
                    &free_blocks_obligations}) {
    std::vector<Obligation> more = list();
    all.insert(
        all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return all;
}

}  // namespace quire::proofs
