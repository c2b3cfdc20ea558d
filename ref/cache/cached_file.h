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

/// The file system and the other users of a file, to the range operations. One thread plays all of
/// them, so each wait is a call that may change the cache.
class CacheOwner {
 public:
  virtual ~CacheOwner() = default;

  /// Writes blocks of a locked folio to the device. dirty: by block number; the marks are cleared
  /// already. Returns 0 or a negative errno.
  virtual int write(Folio& folio, const std::vector<bool>& dirty) = 0;

  /// A folio is about to leave the cache with its dirty blocks: release their reservations.
  virtual void drops(const Folio&) {}

  /// The thread waits for the lock of the folio at `pos`; others may run.
  virtual void while_waiting_for(std::uint64_t /*pos*/) {}

  /// Called between the drop of a range and its second unmapping.
  virtual void while_dropping() {}
};

/// The end of a range without one.
inline constexpr std::uint64_t kToEnd = ~std::uint64_t{0};

struct CachedFile {
  std::uint64_t number;
  AddressSpace& pages;
  UserMappings& users;
  MappingErrors& errors;
  CacheOwner& owner;
  spec::Recorder* recorder;  ///< may be null
};

/// The folio at `pos`, locked; null if it was not cached, or no longer when its lock was taken
/// (PC-9).
Folio* find_locked(CachedFile& file, std::uint64_t pos);

/// The same; if it is not cached, a new one of at most size_max bytes (PC-8). Null: no memory.
Folio* find_or_make_locked(CachedFile& file, std::uint64_t pos, std::uint64_t size_max);

void unlock(CachedFile& file, Folio& folio);

/// The positions of the folios that [lstart, lend] touches now.
std::vector<std::uint64_t> folios_in(CachedFile& file, std::uint64_t lstart, std::uint64_t lend);

}  // namespace quire::ref
