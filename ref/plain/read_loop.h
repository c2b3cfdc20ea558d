// The read loop, folio by folio (Linux: filemap_read()).
#pragma once

#include "ref/cache/address_space.h"
#include "ref/user_memory/iov_iter.h"
#include "spec/recorder.h"

#include <cstdint>
#include <functional>

namespace quire::ref {

/// Makes a folio uptodate, which is not locked before or after. Returns 0 or a negative errno.
using MakeUptodate = std::function<int(Folio& folio)>;

/// Copies the bytes [pos, size) of a file to `iter`, as many as it takes. Returns the bytes stored,
/// or a negative errno if there were none: EFAULT (the first byte cannot be stored), ENOMEM, or
/// that of make_uptodate. size: of the file, bytes. recorder: may be null. Requires the file's
/// IOLOCK.
std::int64_t read_loop(
    AddressSpace& pages, IovIter& iter, std::uint64_t pos, std::uint64_t size,
    spec::Recorder* recorder, const MakeUptodate& make_uptodate);

}  // namespace quire::ref
