// The read loop, folio by folio (Linux: filemap_read()).
#pragma once

#include "ref/cache/folio.h"
#include "ref/user_memory/iov_iter.h"
#include "spec/recorder.h"

#include <cstdint>
#include <expected>
#include <functional>

namespace quire::ref {

/// Answers the folio that holds byte `pos`, uptodate and unlocked, or a negative errno.
using UptodateFolioAt = std::function<std::expected<Folio*, int>(std::uint64_t pos)>;

/// Copies the bytes [pos, size) of a file to `iter`, as many as it takes. Returns the bytes stored,
/// or a negative errno if there were none: EFAULT (the first byte cannot be stored), or that of
/// folio_at. size: of the file, bytes. recorder: may be null. Requires the file's IOLOCK.
std::int64_t read_loop(
    IovIter& iter, std::uint64_t pos, std::uint64_t size, spec::Recorder* recorder,
    const UptodateFolioAt& folio_at);

}  // namespace quire::ref
