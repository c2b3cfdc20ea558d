// The op lock of an F2FS volume.
#include "ref/linux/f2fs/inode.h"

#include "ref/noted_lock.h"

namespace quire::ref::f2fs {

OpLocked::OpLocked(Superblock& volume) : volume_(volume) {
  note_lock<spec::OpLock>(volume.recorder, 0);
  ++volume.op_holders;
}

OpLocked::~OpLocked() {
  --volume_.op_holders;
  note_unlock<spec::OpLock>(volume_.recorder, 0);
}

}  // namespace quire::ref::f2fs
