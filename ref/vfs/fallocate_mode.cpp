// The modes of fallocate(2).
#include "ref/vfs/fallocate_mode.h"

#include <linux/falloc.h>

namespace quire::ref::vfs {

bool is_fallocate_mode(int mode) {
  switch (mode) {
    case FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE:
    case FALLOC_FL_COLLAPSE_RANGE:
    case FALLOC_FL_INSERT_RANGE: return true;
    default: break;
  }
  const int operation = mode & ~FALLOC_FL_KEEP_SIZE;
  return operation == 0 || operation == FALLOC_FL_ZERO_RANGE ||
         operation == FALLOC_FL_UNSHARE_RANGE;
}

}  // namespace quire::ref::vfs
