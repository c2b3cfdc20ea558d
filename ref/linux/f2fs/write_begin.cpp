// Preparing a page for a write: the steps of 7.2, by their numbers.
#include "ref/linux/f2fs/write_begin.h"

#include "ref/linux/f2fs/atomic_file.h"
#include "ref/linux/f2fs/checkpoint.h"
#include "ref/linux/f2fs/cluster.h"
#include "ref/linux/f2fs/inline_data.h"
#include "ref/linux/f2fs/page_write.h"
#include "ref/linux/f2fs/read_page.h"
#include "ref/linux/f2fs/reserve.h"
#include "ref/linux/f2fs/truncate.h"
#include "ref/noted_lock.h"

#include <cerrno>
#include <expected>
#include <utility>

namespace quire::ref::f2fs {
namespace {

using Range = WriteRange<std::uint64_t>;

std::uint64_t index_of(const Range& range) { return range.pos / kBlockSize; }

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
std::expected<Prepared, int> begin_in_cluster(Inode& inode, const Range& range) {
  auto cluster = lock_cluster(inode, Node::cluster_of(index_of(range)));
  if (!cluster) return std::unexpected(cluster.error());
  Prepared answer = prepared(inode, *(*cluster)[index_of(range) % kClusterPages], range);
  answer.cluster = std::move(*cluster);
  return answer;
}

/// Step 4 for inline data: reads the page, or converts it to a block. Returns whether the page
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
  if (is_whole_page(range) && inode.preallocated_all) return 0;
  if (inode.node.is_inline) {
    const auto stays = begin_inline(inode, folio, range);
    if (!stays) return stays.error();
    if (*stays) return 0;
  }
  if (inode.is_atomic()) {
    const NotedLock<spec::NodeChangeLock> node_change(inode.volume.recorder, 0);
    return reserve_for_atomic_write(inode, index_of(range));
  }
  // The first lookup takes no lock; a hole is looked up again under it.
  if (inode.node.address(index_of(range)) != kNullAddress) return 0;
  const NotedLock<spec::NodeChangeLock> node_change(inode.volume.recorder, 0);
  return reserve_block(inode, index_of(range));
}

/// The page of a range, for the steps.
class RangePage {
 public:
  RangePage(Inode& inode, const Range& range) : inode_(inode), range_(range) {}

  Folio& folio() const { return *folio_; }

  bool find_and_lock() {
    folio_ = inode_.pages.find_or_make(range_.pos);
    if (folio_ != nullptr) lock();
    return folio_ != nullptr;
  }
  void lock() const { lock_folio(inode_, *folio_); }
  void unlock() const { unlock_folio(inode_, *folio_); }
  std::uint64_t find_block() const {
    return static_cast<std::uint64_t>(f2fs::find_block(inode_, *folio_, range_));
  }
  bool needs_gc() const { return f2fs::needs_gc(inode_.volume); }
  void balance() const { f2fs::balance(inode_.volume); }
  bool is_cached() const { return inode_.pages.find(range_.pos) == folio_; }
  bool uptodate() const { return folio_->uptodate(); }
  std::uint64_t size() const { return inode_.node.size; }
  void zero_tail() const { folio_->zero_from(range_.end); }
  std::uint64_t read() const { return static_cast<std::uint64_t>(read_page(inode_, *folio_)); }

 private:
  Inode& inode_;
  Range range_;
  Folio* folio_ = nullptr;
};

/// Steps 4 to 7, repeated until the page stays cached.
std::expected<Prepared, int> begin_in_page(Inode& inode, const Range& range) {
  RangePage page(inode, range);
  PageBegun<std::uint64_t> begun{};
  do {
    begun = begin_page(page, range);
  } while (begun.gone != 0);
  if (begun.error != 0) return std::unexpected(static_cast<int>(begun.error));
  Prepared answer = prepared(inode, page.folio(), range);
  answer.tail_zeroed = begun.tail_zeroed != 0;
  return answer;
}

std::expected<Prepared, int> begin(Inode& inode, const Range& range) {
  // 1.
  if (!is_checkpoint_ready(inode.volume)) return std::unexpected(-ENOSPC);
  // 2. Page 0 is locked before the node, and no other page before page 0.
  if (index_of(range) != 0) {
    if (const int error = convert_inline_inode(inode); error != 0) return std::unexpected(error);
  }
  // 3. A page that is overwritten whole does not need its cluster until it is written back.
  const bool needs_cluster = !is_whole_page(range) || inode.is_atomic();
  if (needs_cluster && inode.node.is_stored_compressed(index_of(range))) {
    return begin_in_cluster(inode, range);
  }
  return begin_in_page(inode, range);
}

}  // namespace

Prepared write_begin(Inode& inode, std::uint64_t pos, std::uint64_t want) {
  const Range range = range_in_page(pos, want);
  auto answer = begin(inode, range);
  if (answer) return std::move(*answer);
  if (inode.node.size < range.end) truncate_past_size(inode);
  Prepared failed;
  failed.error = spec::error(-answer.error());
  return failed;
}

}  // namespace quire::ref::f2fs
