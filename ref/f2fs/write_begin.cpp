// Preparing a page for a write: the steps of 7.2, by their numbers.
#include "ref/f2fs/write_begin.h"

#include "ref/f2fs/atomic_file.h"
#include "ref/f2fs/checkpoint.h"
#include "ref/f2fs/cluster.h"
#include "ref/f2fs/inline_data.h"
#include "ref/f2fs/read_page.h"
#include "ref/f2fs/reserve.h"
#include "ref/f2fs/truncate.h"
#include "ref/noted_lock.h"

#include <algorithm>
#include <cerrno>
#include <expected>
#include <utility>

namespace quire::ref::f2fs {
namespace {

/// The bytes of one page that a write is about to cover.
struct Range {
  std::uint64_t pos;
  std::uint64_t end;

  std::uint64_t index() const { return pos / kBlockSize; }
  bool is_whole_page() const { return f2fs::is_whole_page<std::uint64_t>(pos, end); }
};

Prepared prepared(const Inode& inode, Folio& folio, const Range& range) {
  Prepared answer;
  answer.error = 0;
  answer.folio_pos = folio.pos();
  answer.end = range.end;
  answer.folio = &folio;
  answer.begun = range.end - range.pos;
  answer.size_before = inode.node.size;
  answer.before = folio.blocks[0];
  return answer;
}

/// Step 3: the whole cluster, locked and uptodate, in the order of its pages.
std::expected<Prepared, int> begin_cluster(Inode& inode, const Range& range) {
  auto cluster = lock_cluster(inode, Node::cluster_of(range.index()));
  if (!cluster) return std::unexpected(cluster.error());
  Prepared answer = prepared(inode, *(*cluster)[range.index() % kClusterPages], range);
  answer.cluster = std::move(*cluster);
  return answer;
}

/// Step 4 where data is inline: fills the page, or makes a block of it. Returns whether the page
/// needs no block of its own.
std::expected<bool, int> begin_inline(Inode& inode, Folio& folio, const Range& range) {
  if (range.end <= kInlineMax) {
    if (!folio.uptodate()) read_inline_data(inode, folio);
    inode.node.data_exists = true;
    return true;
  }
  const OpLocked op_locked(inode.volume);
  if (const int error = convert_inline_page(inode, folio); error != 0) {
    return std::unexpected(error);
  }
  return false;
}

/// Step 4: a block for the page.
int find_block(Inode& inode, Folio& folio, const Range& range) {
  if (range.is_whole_page() && inode.preallocated_all) return 0;
  if (inode.node.is_inline) {
    const auto stays = begin_inline(inode, folio, range);
    if (!stays) return stays.error();
    if (*stays) return 0;
  }
  if (inode.is_atomic()) {
    const NotedLock<spec::NodeChangeLock> node_change(inode.volume.recorder, 0);
    return reserve_for_atomic_write(inode, range.index());
  }
  // The first look takes no lock; only a hole is looked at again under it.
  if (inode.node.address(range.index()) != kNullAddress) return 0;
  const NotedLock<spec::NodeChangeLock> node_change(inode.volume.recorder, 0);
  return reserve_block(inode, range.index());
}

/// Step 7: what the write leaves of the page.
std::expected<Prepared, int> fill_rest(Inode& inode, Folio& folio, const Range& range) {
  const bool tail_zeroed = !range.is_whole_page() && !folio.uptodate() &&
                           only_tail_is_left<std::uint64_t>(range.pos, range.end, inode.node.size);
  if (tail_zeroed) {
    std::ranges::fill(folio.bytes(range.end, folio.end()), std::byte{0});
  } else if (!range.is_whole_page() && !folio.uptodate()) {
    if (const int error = read_page(inode, folio); error != 0) return std::unexpected(error);
  }
  Prepared answer = prepared(inode, folio, range);
  answer.tail_zeroed = tail_zeroed;
  return answer;
}

/// Steps 4 to 7 for one page.
std::expected<Prepared, int> begin_page(Inode& inode, const Range& range) {
  for (;;) {
    Folio* const folio = inode.pages.find_or_make(range.pos);
    if (folio == nullptr) return std::unexpected(-ENOMEM);
    lock_folio(inode, *folio);
    if (const int error = find_block(inode, *folio, range); error != 0) {
      unlock_folio(inode, *folio);
      return std::unexpected(error);
    }
    // 5. Whoever makes room may need any page, so this one is unlocked; it may be gone afterwards.
    if (needs_gc(inode.volume)) {
      unlock_folio(inode, *folio);
      balance(inode.volume);
      if (inode.pages.find(range.pos) != folio) continue;
      lock_folio(inode, *folio);
    }
    // 6. Writeback ends before it returns, so that there is none to wait for.
    auto answer = fill_rest(inode, *folio, range);
    if (!answer) unlock_folio(inode, *folio);
    return answer;
  }
}

std::expected<Prepared, int> begin(Inode& inode, const Range& range) {
  // 1.
  if (!is_checkpoint_ready(inode.volume)) return std::unexpected(-ENOSPC);
  // 2. Page 0 is locked before the node, and no other page before page 0.
  if (range.index() != 0) {
    if (const int error = convert_inline_inode(inode); error != 0) return std::unexpected(error);
  }
  // 3. A page that is overwritten whole does not need its cluster until it is written back.
  const bool needs_cluster = !range.is_whole_page() || inode.is_atomic();
  if (needs_cluster && inode.node.is_stored_compressed(range.index())) {
    return begin_cluster(inode, range);
  }
  return begin_page(inode, range);
}

}  // namespace

Prepared write_begin(Inode& inode, std::uint64_t pos, std::uint64_t want) {
  const Range range{pos, std::min(pos + want, (pos / kBlockSize + 1) * kBlockSize)};
  auto answer = begin(inode, range);
  if (answer) return std::move(*answer);
  if (inode.node.size < range.end) truncate_past_size(inode);
  Prepared failed;
  failed.error = spec::error(-answer.error());
  return failed;
}

}  // namespace quire::ref::f2fs
