// Completing a write to a page, or to a page of a cluster.
#include "ref/linux/f2fs/write_end.h"

#include "ref/cache/write_end_record.h"
#include "ref/linux/f2fs/page_write.h"
#include "ref/require.h"

#include <algorithm>
#include <span>

namespace quire::ref::f2fs {
namespace {

using Number = std::uint64_t;

Number count_dirty(std::span<Folio* const> cluster) {
  return static_cast<Number>(std::ranges::count_if(cluster, &Folio::dirty));
}

/// The pages of a cluster that is completed, and a count of their unlocks.
struct ClusterPages {
  Inode& inode;
  std::span<Folio* const> folios;
  Number unlocks = 0;

  void mark_dirty(Number i) const { folios[i]->blocks[0].dirty = true; }
  void unlock(Number i) {
    unlock_folio(inode, *folios[i]);
    ++unlocks;
  }
};

/// Unlocks the pages of the cluster; all are dirty if anything was copied.
void end_cluster_of(Inode& inode, std::span<Folio* const> cluster, Number copied) {
  spec::ClusterEnd<Number> step{};
  step.pages = kClusterPages;
  step.locked = static_cast<Number>(std::ranges::count_if(cluster, &Folio::locked));
  step.copied = copied;
  step.dirty_before = count_dirty(cluster);
  ClusterPages pages{inode, cluster};
  end_cluster(pages, copied);
  step.unlocks = pages.unlocks;
  step.left_locked = static_cast<Number>(std::ranges::count_if(cluster, &Folio::locked));
  step.dirty_after = count_dirty(cluster);
  if (inode.volume.recorder != nullptr) inode.volume.recorder->step(step);
}

/// Whether the page is zero behind what was prepared of it.
bool tail_is_zero(const Prepared& prepared) {
  Folio& folio = *prepared.folio;
  return std::ranges::all_of(
      folio.bytes(prepared.end, folio.end()), [](std::byte byte) { return byte == std::byte{0}; });
}

/// The record of one page; the caller adds the sizes.
spec::F2fsWriteEnd<Number> record_of(
    const Prepared& prepared, Number pos, Number n, Number copied, Number accepted) {
  const FolioWrite write{pos, prepared.begun, n, copied, accepted, std::span(&prepared.before, 1)};
  spec::F2fsWriteEnd<Number> step{};
  step.page = write_end_records(*prepared.folio, write).front();
  step.size_before = prepared.size_before;
  step.tail_zeroed = prepared.tail_zeroed && tail_is_zero(prepared);
  step.in_cluster = !prepared.cluster.empty();
  return step;
}

}  // namespace

Number write_end(Inode& inode, Prepared& prepared, Number pos, Number n, Number copied) {
  struct Hooks {
    Inode& inode;
    Prepared& prepared;
    Number size_at_unlock = 0;

    bool uptodate() const { return prepared.folio->uptodate(); }
    bool in_cluster() const { return !prepared.cluster.empty(); }
    void end_cluster(Number accepted) {
      size_at_unlock = inode.node.size;
      end_cluster_of(inode, prepared.cluster, accepted);
    }
    void mark_written() const { prepared.folio->blocks[0] = {.uptodate = true, .dirty = true}; }
    void unlock() {
      size_at_unlock = inode.node.size;
      unlock_folio(inode, *prepared.folio);
    }
    void raise_size(Number end) const {
      inode.node.size = std::max(inode.node.size, end);
      if (inode.is_atomic()) inode.cow->node.size = std::max(inode.cow->node.size, end);
    }
  };
  require(
      prepared.folio->locked && copied <= n && n <= prepared.begun,
      "write_end of what was not begun");
  Hooks hooks{inode, prepared};
  const Number accepted = end_write(hooks, pos, n, copied);
  if (inode.volume.recorder != nullptr) {
    spec::F2fsWriteEnd<Number> step = record_of(prepared, pos, n, copied, accepted);
    step.size_at_unlock = hooks.size_at_unlock;
    step.size_after = inode.node.size;
    step.atomic = inode.is_atomic();
    step.cow_size_after = inode.is_atomic() ? inode.cow->node.size : 0;
    inode.volume.recorder->step(step);
  }
  return accepted;
}

}  // namespace quire::ref::f2fs
