// The lock of one folio, for a thread that never finds it taken.
#pragma once

#include "ref/cache/folio.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

namespace quire::ref {

/// Locks the folio; the lock is stated (ref/noted_lock.h), and asserted to be free. recorder: may
/// be null.
inline void lock_folio(spec::Recorder* recorder, Folio& folio) {
  require(!folio.locked, "a folio is locked twice");
  note_lock<spec::FolioLock>(recorder, folio.pos());
  folio.locked = true;
}

inline void unlock_folio(spec::Recorder* recorder, Folio& folio) {
  require(folio.locked, "a folio is unlocked that was not locked");
  folio.locked = false;
  note_unlock<spec::FolioLock>(recorder, folio.pos());
}

}  // namespace quire::ref
