// The record of the use of a cached folio, for the checker.
#pragma once

#include "impl/cache/folio.h"
#include "impl/record.h"
#include "spec/write/folio_use.h"

#include <cstdint>

namespace quire::impl {

/// Reports that the holder of the folio's lock is about to read or change its blocks. A folio may
/// be dropped while a thread waits for its lock, and is not the file's then.
inline void note_use(const Folio& folio) QUIRE_REQUIRES(folio.mutex()) {
  record([&](auto& r) {
    folio.assert_locked();  // which clang's analysis does not see in here
    r.step(spec::FolioUse<std::uint64_t>{folio.pos(), folio.dropped});
  });
}

}  // namespace quire::impl
