// What an F2FS file is between its handles: its folio locks, and its volume's op lock.
#include "ref/linux/f2fs/inode.h"

#include "ref/noted_lock.h"
#include "ref/require.h"

namespace quire::ref::f2fs {

void lock_folio(Inode& inode, Folio& folio) {
  require(!folio.locked, "a folio is locked twice");
  note_lock<spec::FolioLock>(inode.volume.recorder, folio.pos());
  folio.locked = true;
}

void unlock_folio(Inode& inode, Folio& folio) {
  require(folio.locked, "a folio is unlocked that was not locked");
  folio.locked = false;
  note_unlock<spec::FolioLock>(inode.volume.recorder, folio.pos());
}

OpLocked::OpLocked(Superblock& volume) : volume_(volume) {
  note_lock<spec::OpLock>(volume.recorder, 0);
  ++volume.op_holders;
}

OpLocked::~OpLocked() {
  --volume_.op_holders;
  note_unlock<spec::OpLock>(volume_.recorder, 0);
}

}  // namespace quire::ref::f2fs
