// The lock order of spec/locks/order.h in words of clang's thread-safety analysis.
//
// Each class of locks has two marks that no thread ever takes: every lock of the class is acquired
// after the one and before the other. The marks follow each other as the classes do, so that a lock
// taken out of order is a warning, also where the two locks know nothing of each other.
#pragma once

#include "impl/locks/thread_safety.h"
#include "spec/locks/order.h"

namespace quire::impl::order {

class QUIRE_CAPABILITY("order") Mark {};

// From the innermost class outwards: a mark names the one below it. No compiler lets the order of
// these lines differ from that of the classes.
static_assert(spec::rank_of<spec::CacheIndex> == spec::kLockClasses - 1);
extern Mark CacheIndexEnds;
extern Mark CacheIndexBegins QUIRE_ACQUIRED_BEFORE(CacheIndexEnds);

#define QUIRE_ORDER(Class, Below)                                              \
  static_assert(spec::rank_of<spec::Class> + 1 == spec::rank_of<spec::Below>); \
  extern Mark Class##Ends QUIRE_ACQUIRED_BEFORE(Below##Begins);                \
  extern Mark Class##Begins QUIRE_ACQUIRED_BEFORE(Class##Ends);

QUIRE_ORDER(SpaceLock, CacheIndex)
QUIRE_ORDER(AgfLock, SpaceLock)
QUIRE_ORDER(AgiLock, AgfLock)
QUIRE_ORDER(DquotLock, AgiLock)
QUIRE_ORDER(QuotaTableLock, DquotLock)
QUIRE_ORDER(BlockMapLock, QuotaTableLock)
QUIRE_ORDER(Transaction, BlockMapLock)
QUIRE_ORDER(NodeLock, Transaction)
QUIRE_ORDER(NodeChangeLock, NodeLock)
QUIRE_ORDER(OpLock, NodeChangeLock)
QUIRE_ORDER(FolioStateLock, OpLock)
QUIRE_ORDER(FolioLock, FolioStateLock)
QUIRE_ORDER(FlushLock, FolioLock)
QUIRE_ORDER(WritebackLock, FlushLock)
QUIRE_ORDER(InvalidateLock, WritebackLock)
QUIRE_ORDER(InodeGcLock, InvalidateLock)
QUIRE_ORDER(VolumeGcLock, InodeGcLock)
QUIRE_ORDER(FreezePagefault, VolumeGcLock)
QUIRE_ORDER(UserMemory, FreezePagefault)
QUIRE_ORDER(Throttle, UserMemory)
QUIRE_ORDER(Iolock, Throttle)
QUIRE_ORDER(FreezeWrite, Iolock)
QUIRE_ORDER(PositionLock, FreezeWrite)

#undef QUIRE_ORDER

static_assert(spec::rank_of<spec::PositionLock> == 0);

}  // namespace quire::impl::order

/// Declares a lock of one class, in its place: QUIRE_LOCK(Mutex, BlockMapLock) map_lock_;
#define QUIRE_LOCK(Kind, Class)                             \
  QUIRE_ACQUIRED_AFTER(::quire::impl::order::Class##Begins) \
  QUIRE_ACQUIRED_BEFORE(::quire::impl::order::Class##Ends)::quire::impl::Kind<::quire::spec::Class>
