// Letting a file share the blocks of another: FICLONERANGE.
#pragma once

#include "ref/linux/xfs/node.h"
#include "ref/vfs/caller.h"

#include <cstdint>

namespace quire::ref::xfs {

/// Makes [to_pos, to_pos + length) of `to` share the blocks of [from_pos, from_pos + length) of
/// `from`. length 0: up to the size of `from`. Returns 0 or a negative errno, in this order:
///   ETXTBSY  `to` backs swap
///   vfs::check_clone()'s (ref/vfs/clone_checks.h) ENOSPC, EDQUOT, ENOMEM, the device's; then part
///   of it may be done
/// Takes both files' IOLOCKs, then their invalidate locks, the lower number first.
int clone_range(
    Node& from, std::uint64_t from_pos, Node& to, std::uint64_t to_pos, std::uint64_t length,
    vfs::Caller& caller);

}  // namespace quire::ref::xfs
