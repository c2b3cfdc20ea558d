// F2FS's pages as words: one page, or the pages of a stored cluster, and their surroundings.
#pragma once

#include "proofs/models/symbolic_hooks.h"
#include "proofs/models/symbolic_locks.h"
#include "ref/linux/f2fs/page_write.h"
#include "spec/write/write_begin_end.h"

#include <array>
#include <cstdint>

namespace quire::proofs::f2fs {

using ref::f2fs::kBlockSize, ref::f2fs::kClusterPages;
using Range = ref::f2fs::WriteRange<Bits>;

/// Bits of a position, and of a count within a page.
inline constexpr unsigned kPosBits = 62, kPageBits = 13;

inline constexpr const char* kName = "F2FS's write";

inline Bits word(const Truth& p) { return ite(p, Bits{1}, Bits{0}); }

/// A page that is stale, uptodate or dirty (IFS-3), and its lock.
struct Page {
  Truth uptodate, dirty;
  bool locked = false;
  Bits key{0};  ///< of its lock, while it is locked

  explicit Page(Explorer& e)
      : uptodate(e.fresh("uptodate", 1) == 1), dirty(uptodate && e.fresh("dirty", 1) == 1) {}

  spec::BlockState<Bits> state() const { return {word(uptodate), word(dirty)}; }
};

/// The locks of the thread; each folio is unlocked once.
class Locks : public SymbolicLocks {
 public:
  explicit Locks(Explorer& e) : SymbolicLocks(e), e_(e) { judge(kName); }

  void lock_page(Page& page, const Bits& pos) {
    lock<spec::FolioLock>("its pages", pos);
    e_.claim("A page is locked that is not.", Truth{!page.locked});
    page.locked = true;
    page.key = pos;
  }
  void unlock_page(Page& page) {
    e_.claim("A page is unlocked that is locked (F2-7).", Truth{page.locked});
    drop<spec::FolioLock>(page.key);
    page.locked = false;
  }
  void claim_no_page() const {
    e_.claim("No page is left locked.", Truth{!holds<spec::FolioLock>()});
  }

 private:
  Explorer& e_;
};

/// The file's sizes, and their changes by write_end.
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

/// A page, with hooks that give any answer their contract allows.
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
    locks.lock_page(page, pos_);
    // The thread that held it before may have read, dirtied or written it.
    page.uptodate = e_.fresh("found_uptodate", 1) == 1;
    page.dirty = page.uptodate && e_.fresh("found_dirty", 1) == 1;
  }
  void unlock() {
    sizes.at_unlock = sizes.size;
    locks.unlock_page(page);
  }
  Bits find_block() { return any_error(e_, "block_errno"); }
  Truth needs_gc() { return e_.fresh("needs_gc", 1) == 1; }
  void balance() { e_.claim("Garbage collection may need this page.", Truth{!page.locked}); }
  Truth is_cached() { return e_.fresh("is_cached", 1) == 1; }
  Truth uptodate() { return page.uptodate; }
  Bits size() { return sizes.size; }
  void zero_tail() {}
  Bits read() {
    const Bits error = any_error(e_, "read_errno");
    page.uptodate = page.uptodate || error == 0;
    return error;
  }

  Truth in_cluster() { return false; }
  void end_cluster(const Bits&) {}
  void mark_written() {
    page.uptodate = true;
    page.dirty = true;
  }
  void raise_size(const Bits& end) { sizes.raise(end); }

  Page page;
  Locks locks;
  Sizes sizes;
  bool ending = false;  ///< in write_end, and not in write_begin

 private:
  Explorer& e_;
  Bits pos_;
};

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
    locks.lock_page(pages[i], pos + i * kBlockSize);
    return true;
  }
  void unlock(std::uint64_t i) {
    locks.unlock_page(pages[i]);
    ++unlocks;
  }
  Truth uptodate(std::uint64_t i) { return pages[i].uptodate; }
  Bits read_stale() {
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
  Locks locks;
  Sizes sizes;
  std::uint64_t written = 0;
  std::uint64_t unlocks = 0;
  bool ending = false;

 private:
  Explorer& e_;
};

/// The range of a write_begin within its first page.
inline Range any_range(Explorer& e) {
  const Bits pos = e.fresh("pos", kPosBits), want = e.fresh("want", kCountBits);
  e.assume("write_begin is asked for something (GPW-13).", want != 0);
  return ref::f2fs::range_in_page<Bits>(pos, want);
}

/// The bytes of it that were copied.
inline Bits any_copied(Explorer& e, const Range& range) {
  const Bits copied = e.fresh("copied", kPageBits);
  e.assume("A copy gives no more than it was asked for (GPW-4).", copied <= range.end - range.pos);
  return copied;
}

}  // namespace quire::proofs::f2fs
