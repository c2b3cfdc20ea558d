// Reserving blocks: the quota, then the counters, then the addresses (F2-3).
#pragma once

#include "ref/linux/f2fs/inode.h"

#include <cstdint>
#include <expected>
#include <span>

namespace quire::ref::f2fs {

/// Whether a caller of reserve() can use fewer blocks than it asked for (F2-5).
enum class Grant : bool { all, prefix };

/// Makes sure that there is a node block for the address of page `index`. 0, or EDQUOT, ENOSPC,
/// ENOMEM (negative) with nothing changed. Requires the op lock or node-change lock.
int need_dnode(Inode& inode, std::uint64_t index);

/// Gives each page of `indices`, whose addresses are NULL, the address NEW; or a first part of
/// them. Node blocks must be there. Returns how many; EDQUOT, ENOSPC or ENOMEM (negative) with
/// every account as it was. Requires the node lock.
std::expected<std::uint64_t, int> reserve(
    Inode& inode, std::span<const std::uint64_t> indices, Grant grant);

/// need_dnode(), then reserve() of one page. A node block that was made stays if the page gets
/// none: the next one finds it.
int reserve_block(Inode& inode, std::uint64_t index);

/// Makes the address of page `index` NULL, and subtracts its block from every account. Does nothing
/// where it is NULL already. Requires the node lock.
void release_block(Inode& inode, std::uint64_t index);

/// release_block() for every page from `index` on; then releases node blocks that held only such
/// pages.
void release_from(Inode& inode, std::uint64_t index);

}  // namespace quire::ref::f2fs
