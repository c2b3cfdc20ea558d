// F2FS's write_begin and write_end, of a page and of a stored cluster: locks, accepted bytes, and
// the state of the page and the size.
#include "proofs/models/symbolic_f2fs_hooks.h"
#include "proofs/obligations/obligations.h"
#include "spec/linux/f2fs/write_end.h"

namespace quire::proofs {
namespace {

using f2fs::kBlockSize, f2fs::kClusterPages, f2fs::Page, f2fs::Range, f2fs::Sizes, f2fs::word;

/// The record of a page that was written.
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

/// A page with faults in its hooks.
class BreakablePage : public f2fs::SymbolicPage {
 public:
  BreakablePage(Explorer& e, const Range& range) : SymbolicPage(e, range), e_(e) {}

  void unlock() {
    if (!ending && e_.broken("leaves the page of a failed write_begin locked")) return;
    SymbolicPage::unlock();
  }
  Truth uptodate() {
    if (ending && e_.broken("counts a short copy into a stale page")) return true;
    return SymbolicPage::uptodate();
  }
  Bits size() {
    if (e_.broken("zeroes a tail that the file has bytes in")) return 0;
    return SymbolicPage::size();
  }
  Bits read() {
    const Truth before = page.uptodate;
    const Bits error = SymbolicPage::read();
    if (e_.broken("copies into a page that was not read")) page.uptodate = before;
    return error;
  }
  void raise_size(const Bits& end) {
    if (!e_.broken("does not raise the size")) SymbolicPage::raise_size(end);
  }

 private:
  Explorer& e_;
};

void page(Explorer& e) {
  const Range range = f2fs::any_range(e);
  BreakablePage page(e, range);
  const auto begun = ref::f2fs::begin_page<Bits>(page, range);
  const bool is_prepared = bool(begun.error == 0 && begun.gone == 0);
  if (!is_prepared) return page.locks.claim_no_page();
  e.claim("A page that is prepared is locked (WB-1).", Truth{page.page.locked});
  const spec::BlockState<Bits> before = page.page.state();
  const Bits copied = f2fs::any_copied(e, range);
  page.ending = true;
  const Bits accepted = ref::f2fs::end_write<Bits>(page, range.pos, range.end - range.pos, copied);
  page.locks.claim_no_page();
  auto step = seen(range, before, page.page, copied, accepted, page.sizes);
  step.tail_zeroed = begun.tail_zeroed;
  if (e.broken("unlocks the page before the size covers the write")) {
    step.size_at_unlock = step.size_before;
  }
  e.claim_all(spec::f2fs_write_end_clauses, step);
}

/// A cluster with faults in its hooks.
class BreakableCluster : public f2fs::SymbolicCluster {
 public:
  explicit BreakableCluster(Explorer& e) : SymbolicCluster(e), e_(e) {}

  void unlock() {}
  void unlock(std::uint64_t i) {
    if (!ending && e_.broken("leaves pages locked when memory runs out")) return;
    SymbolicCluster::unlock(i);
  }
  void end_cluster(const Bits& accepted) {
    if (e_.broken("keeps its pages locked when nothing was copied")) {
      if (accepted == 0) return;
    }
    SymbolicCluster::end_cluster(accepted);
  }

 private:
  Explorer& e_;
};

void cluster(Explorer& e) {
  BreakableCluster cluster(e);
  if (ref::f2fs::begin_cluster<Bits>(cluster) != 0) return cluster.locks.claim_no_page();
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
  const Bits copied = f2fs::any_copied(e, range);

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
       .says = "The part of a page that a write leaves is read or zeroed; the page is dirty and "
               "within the size when it is unlocked, and every path unlocks it once.",
       .body = page},
      {.name = "ref.f2fs_write.cluster",
       .tag = "F2-7, LK-1, 7.2 step 3, 7.3",
       .subject = "ref",
       .says = "The pages of a cluster are locked in order and unlocked once each, also if memory "
               "for one runs out or nothing was copied.",
       .body = cluster},
  };
}

}  // namespace quire::proofs
