// F2FS's write_begin and write_end, of a page and of a stored cluster: who is locked, what counts,
// and what the page and the size become.
#include "proofs/obligations.h"
#include "proofs/symbolic_hooks.h"
#include "ref/f2fs/page_write.h"
#include "spec/f2fs_write_end.h"

#include <array>

namespace quire::proofs {
namespace {

using ref::f2fs::kBlockSize, ref::f2fs::kClusterPages;
using Range = ref::f2fs::WriteRange<Bits>;

/// Bits of a position, and of a count within a page.
constexpr unsigned kPosBits = 62, kPageBits = 13;

Bits word(const Truth& p) { return ite(p, Bits{1}, Bits{0}); }

/// A page that is stale, uptodate or dirty (IFS-3), and how it is locked.
struct Page {
  Truth uptodate, dirty;
  int locks = 0;
  bool locked = false;

  explicit Page(Explorer& e)
      : uptodate(e.fresh("uptodate", 1) == 1), dirty(uptodate && e.fresh("dirty", 1) == 1) {}

  spec::BlockState<Bits> state() const { return {word(uptodate), word(dirty)}; }
};

/// The locks of folios as a proof sees them: stated, ordered, and each dropped once.
class FolioLocks {
 public:
  explicit FolioLocks(Explorer& e) : e_(e) {}

  void lock(Page& page, const Bits& pos) {
    e_.claim_all(spec::lock_clauses, held_.wants(spec::rank_of<spec::FolioLock>, pos));
    e_.claim("A page is locked that is not.", Truth{!page.locked});
    held_.take(spec::rank_of<spec::FolioLock>, pos);
    page.locked = true;
    ++page.locks;
  }
  void unlock(Page& page) {
    e_.claim("A page is unlocked that is locked (F2-7).", Truth{page.locked});
    held_.drop(spec::rank_of<spec::FolioLock>);
    page.locked = false;
  }
  void claim_none() const { e_.claim("No page is left locked.", Truth{held_.empty()}); }

 private:
  Explorer& e_;
  spec::HeldLocks<Bits> held_;
};

/// The file's sizes, and what write_end does to them.
struct Sizes {
  Bits size, cow_size, before, at_unlock;
  Truth atomic;

  explicit Sizes(Explorer& e)
      : size(e.fresh("size", kPosBits)),
        cow_size(size),
        before(size),
        at_unlock(size),
        atomic(e.fresh("atomic", 1) == 1) {}

  void raise(const Bits& end) {
    size = spec::max(size, end);
    cow_size = ite(atomic, spec::max(cow_size, end), cow_size);
  }
};

/// What the clauses ask of a page that was written.
spec::F2fsWriteEnd<Bits> seen(
    const Range& range, const spec::BlockState<Bits>& before, const Page& page, const Bits& copied,
    const Bits& accepted, const Sizes& sizes) {
  const Bits pos = spec::round_down(range.pos, Bits{kBlockSize});
  const Bits length = range.end - range.pos;
  const spec::BlockState<Bits> after = page.state();
  return {
      {pos, kBlockSize, range.pos, length, length, copied, accepted, before.uptodate,
       after.uptodate, after.uptodate, after.dirty, pos, kBlockSize, before, after},
      sizes.before,
      sizes.at_unlock,
      sizes.size,
      0,
      0,
      word(sizes.atomic),
      sizes.cow_size};
}

/// A page and its surroundings, which answer anything that they may.
class SymbolicPage {
 public:
  SymbolicPage(Explorer& e, const Range& range)
      : page(e), locks(e), sizes(e), e_(e), pos_(spec::round_down(range.pos, Bits{kBlockSize})) {}

  Truth find_and_lock() {
    if (e_.fresh("out_of_memory", 1) == 1) return false;
    lock();
    return true;
  }
  void lock() {
    locks.lock(page, pos_);
    // Whoever had it before may have filled, dirtied or written it.
    page.uptodate = e_.fresh("found_uptodate", 1) == 1;
    page.dirty = page.uptodate && e_.fresh("found_dirty", 1) == 1;
  }
  void unlock() {
    sizes.at_unlock = sizes.size;
    if (!ending && e_.broken("leaves the page of a failed write_begin locked")) return;
    locks.unlock(page);
  }
  Bits find_block() { return any_error(e_, "block_errno"); }
  Truth needs_gc() { return e_.fresh("needs_gc", 1) == 1; }
  void balance() { e_.claim("Whoever makes room may need this page.", Truth{!page.locked}); }
  Truth is_cached() { return e_.fresh("is_cached", 1) == 1; }
  Truth uptodate() {
    if (ending && e_.broken("counts a short copy into a stale page")) return true;
    return page.uptodate;
  }
  Bits size() {
    if (e_.broken("zeroes a tail that the file has bytes in")) return 0;
    return sizes.size;
  }
  void zero_tail() {}
  Bits read() {
    const Bits error = any_error(e_, "read_errno");
    if (e_.broken("copies into a page that was not read")) return error;
    page.uptodate = page.uptodate || error == 0;
    return error;
  }

  Truth in_cluster() { return false; }
  void end_cluster(const Bits&) {}
  void mark_written() {
    page.uptodate = true;
    page.dirty = true;
  }
  void raise_size(const Bits& end) {
    if (e_.broken("leaves the size to whoever comes next")) return;
    sizes.raise(end);
  }

  Page page;
  FolioLocks locks;
  Sizes sizes;
  bool ending = false;  ///< in write_end, and not in write_begin

 private:
  Explorer& e_;
  Bits pos_;
};

Range any_range(Explorer& e) {
  const Bits pos = e.fresh("pos", kPosBits), want = e.fresh("want", kCountBits);
  e.assume("write_begin is asked for something (GPW-13).", want != 0);
  return ref::f2fs::range_in_page<Bits>(pos, want);
}

Bits any_copied(Explorer& e, const Range& range) {
  const Bits copied = e.fresh("copied", kPageBits);
  e.assume("A copy gives no more than it was asked for (GPW-4).", copied <= range.end - range.pos);
  return copied;
}

void page(Explorer& e) {
  const Range range = any_range(e);
  SymbolicPage page(e, range);
  const auto begun = ref::f2fs::begin_page<Bits>(page, range);
  const bool is_prepared = bool(begun.error == 0 && begun.gone == 0);
  if (!is_prepared) return page.locks.claim_none();
  e.claim("A page that is prepared is locked (WB-1).", Truth{page.page.locked});
  const spec::BlockState<Bits> before = page.page.state();
  const Bits copied = any_copied(e, range);
  page.ending = true;
  const Bits accepted = ref::f2fs::end_write<Bits>(page, range.pos, range.end - range.pos, copied);
  page.locks.claim_none();
  auto step = seen(range, before, page.page, copied, accepted, page.sizes);
  step.tail_zeroed = begun.tail_zeroed;
  if (e.broken("unlocks the page before the size covers the write")) {
    step.size_at_unlock = step.size_before;
  }
  e.claim_all(spec::f2fs_write_end_clauses, step);
}

/// The pages of a stored cluster.
class SymbolicCluster {
 public:
  explicit SymbolicCluster(Explorer& e)
      : pages{Page(e), Page(e), Page(e), Page(e)},
        pos(lsh(e.fresh("cluster", kPosBits - 14), Bits{14})),
        locks(e),
        sizes(e),
        e_(e) {}

  Truth find_and_lock(std::uint64_t i) {
    if (e_.fresh("out_of_memory", 1) == 1) return false;
    locks.lock(pages[i], pos + i * kBlockSize);
    return true;
  }
  void unlock(std::uint64_t i) {
    if (!ending && e_.broken("leaves what it locked before memory ran out")) return;
    locks.unlock(pages[i]);
    ++unlocks;
  }
  Truth uptodate(std::uint64_t i) { return pages[i].uptodate; }
  Bits fill() {
    const Bits error = any_error(e_, "read_errno");
    for (Page& page : pages) page.uptodate = page.uptodate || error == 0;
    return error;
  }
  void mark_dirty(std::uint64_t i) { pages[i].dirty = true; }

  /// write_end's view, of the page that was written.
  Truth uptodate() { return pages[written].uptodate; }
  Truth in_cluster() { return true; }
  void end_cluster(const Bits& accepted) {
    sizes.at_unlock = sizes.size;
    if (e_.broken("keeps its pages locked when nothing was copied")) {
      if (accepted == 0) return;
    }
    ref::f2fs::end_cluster<Bits>(*this, accepted);
  }
  void mark_written() {}
  void unlock() {}
  void raise_size(const Bits& end) { sizes.raise(end); }

  Bits dirty_pages() const {
    Bits n{0};
    for (const Page& page : pages) n = n + word(page.dirty);
    return n;
  }

  std::array<Page, kClusterPages> pages;
  Bits pos;
  FolioLocks locks;
  Sizes sizes;
  std::uint64_t written = 0;
  std::uint64_t unlocks = 0;
  bool ending = false;

 private:
  Explorer& e_;
};

void cluster(Explorer& e) {
  SymbolicCluster cluster(e);
  if (ref::f2fs::begin_cluster<Bits>(cluster) != 0) return cluster.locks.claim_none();
  for (const Page& page : cluster.pages) {
    e.claim(
        "Each page of the cluster is locked and uptodate.", Truth{page.locked} && page.uptodate);
  }
  const Bits which = e.fresh("which", 2);
  while (cluster.written + 1 < kClusterPages && which != cluster.written) ++cluster.written;
  const Bits offset = e.fresh("offset", 12), want = e.fresh("want", kCountBits);
  e.assume("write_begin is asked for something (GPW-13).", want != 0);
  const Range range =
      ref::f2fs::range_in_page<Bits>(cluster.pos + cluster.written * kBlockSize + offset, want);
  const Page& page = cluster.pages[cluster.written];
  const spec::BlockState<Bits> before = page.state();
  const Bits dirty_before = cluster.dirty_pages();
  const Bits copied = any_copied(e, range);

  cluster.ending = true;
  const Bits accepted =
      ref::f2fs::end_write<Bits>(cluster, range.pos, range.end - range.pos, copied);
  auto step = seen(range, before, page, copied, accepted, cluster.sizes);
  step.in_cluster = 1;
  e.claim_all(spec::f2fs_write_end_clauses, step);
  std::uint64_t left_locked = 0;
  for (const Page& one : cluster.pages) left_locked += one.locked ? 1 : 0;
  if (e.broken("unlocks the page that was written twice")) ++cluster.unlocks;
  const spec::ClusterEnd<Bits> ended{kClusterPages,        kClusterPages, cluster.unlocks,
                                     left_locked,          accepted,      dirty_before,
                                     cluster.dirty_pages()};
  e.claim_all(spec::cluster_end_clauses, ended);
}

}  // namespace

std::vector<Obligation> f2fs_write_obligations() {
  return {
      {.name = "ref.f2fs_write.page",
       .tag = "WB-1 to WB-6, IFS-1 to IFS-3, 7.2, 7.3",
       .subject = "ref",
       .says = "A page is filled or zeroed where a write leaves it, is dirty and within the size "
               "when it is unlocked, and is unlocked once, on every way out.",
       .body = page},
      {.name = "ref.f2fs_write.cluster",
       .tag = "F2-7, LK-1, 7.2 step 3, 7.3",
       .subject = "ref",
       .says = "The pages of a cluster are locked in order and unlocked once each, also where one "
               "cannot be had or nothing was copied.",
       .body = cluster},
  };
}

}  // namespace quire::proofs
