// A file as the operations on ranges of its cache see it.
//
// Part of a model that stands alone: no write or fsync of ref runs it (spec/README.md).
#pragma once

#include "ref/cache/address_space.h"
#include "ref/cache/mapping_errors.h"
#include "ref/cache/user_mappings.h"
#include "spec/recorder.h"

#include <cstdint>
#include <vector>

namespace quire::ref {

/// What the range operations ask of the file's file system, and of those who use the file
/// meanwhile: one thread plays all of them, so each wait is a call that may change the cache.
class CacheOwner {
 public:
  virtual ~CacheOwner() = default;

  /// Brings blocks of a locked folio to the device. dirty: which were, by number; they are clean
  /// already. Returns 0 or a negative errno.
  virtual int write(Folio& folio, const std::vector<bool>& dirty) = 0;

  /// A folio is about to leave the cache, and what is dirty of it with it: reservations go back.
  virtual void drops(const Folio&) {}

  /// The thread waits for the lock of the folio at `pos`; others may go on.
  virtual void while_waiting_for(std::uint64_t /*pos*/) {}

  /// Between the drop of a range and the second time that it is unmapped.
  virtual void while_dropping() {}
};

/// Where a range ends that has no end.
inline constexpr std::uint64_t kToEnd = ~std::uint64_t{0};

struct CachedFile {
  std::uint64_t number;
  AddressSpace& pages;
  UserMappings& users;
  MappingErrors& errors;
  CacheOwner& owner;
  spec::Recorder* recorder;  ///< may be null
};

/// The folio at `pos`, locked, or null: it was not there, or was gone when its lock was had (PC-9).
Folio* find_locked(CachedFile& file, std::uint64_t pos);

/// The same, made if it is not there, of at most size_max bytes (PC-8). Null: no memory.
Folio* find_or_make_locked(CachedFile& file, std::uint64_t pos, std::uint64_t size_max);

void unlock(CachedFile& file, Folio& folio);

/// The first bytes of the folios that have one in common with [lstart, lend], as they are now.
std::vector<std::uint64_t> folios_in(CachedFile& file, std::uint64_t lstart, std::uint64_t lend);

}  // namespace quire::ref
