// Cutting and dropping ranges of a file's page cache.
//
// Part of a model that stands alone: no write or fsync of ref runs it (spec/README.md).
#pragma once

#include "ref/cache/cached_file.h"

#include <cstdint>

namespace quire::ref {

/// Drops the cache at and past byte `new_size`, and unmaps its pages before and after: a fault in
/// between may have mapped one again (PC-2). Requires the file's invalidate lock, and that the
/// file's size is new_size already, so that no later fault maps more.
void truncate_pagecache(CachedFile& file, std::uint64_t new_size);

/// Drops the cache of [lstart, lend], bytes. A page that the range covers in part is zeroed there
/// and stays mapped. A folio across an edge is split into pages if there is memory, else zeroed;
/// outside the range it keeps its bytes and its dirty marks (PC-2, PC-3). Requires the invalidate
/// lock.
void truncate_pagecache_range(CachedFile& file, std::uint64_t lstart, std::uint64_t lend);

/// Unmaps and drops every folio that [lstart, lend] touches and that is not dirty. Returns 0, or
/// -EBUSY if one was; the others are dropped all the same (PC-7; Linux: invalidate_inode_pages2).
int invalidate_range2(CachedFile& file, std::uint64_t lstart, std::uint64_t lend);

}  // namespace quire::ref
