#include "props/audit/f2fs_audit.h"

#include "props/audit/cache_audit.h"
#include "props/audit/ref_audit.h"
#include "spec/geometry.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

namespace f2fs = ref::f2fs;
using Number = std::uint64_t;

/// Adds the blocks of the main area that a file's addresses name.
void add_blocks(const f2fs::Node& node, std::vector<BlockRun>& named) {
  for (const auto& [index, address] : node.addresses) {
    const bool is_block = address != f2fs::kNullAddress && address != f2fs::kNewAddress &&
                          address != f2fs::kCompressAddress;
    if (is_block) append(named, {address, address + 1});
  }
}

class F2fsWalk {
 public:
  F2fsWalk(const f2fs::Superblock& volume, const std::set<Number>& stored, spec::Recorder& recorder)
      : volume_(volume), stored_(stored), recorder_(recorder) {}

  void files() {
    for (const auto& [number, inode] : volume_.inodes) {
      node(*inode);
      cache(*inode);
      if (inode->cow != nullptr) node(*inode->cow);
    }
  }

  /// The counts of the volume and of the owners; after files().
  void ledgers() {
    for (const auto& [owner, quota] : volume_.quotas)
      recorder_.step(spec::OwnerLedger<Number>{quota.used, owned_[owner]});
    sums_.valid = volume_.valid;
    sums_.user_blocks = volume_.user_blocks;
    sums_.device_addresses = 0;
    for (const BlockRun& run : named_) sums_.device_addresses += run.end - run.first;
    sums_.blocks_in_use += volume_.area.live().size();
    recorder_.step(sums_);
  }

  void area() {
    const f2fs::MainArea& area = volume_.area;
    std::vector<BlockRun> live, kept, in_checkpoint;
    for (const Number block : area.live()) append(live, {block, block + 1});
    for (const Number block : area.kept()) append(kept, {block, block + 1});
    for (const auto& [number, node] : volume_.kept) add_blocks(node, in_checkpoint);
    const BlockSet live_set(std::move(live)), kept_set(std::move(kept));
    const BlockSet named(std::move(named_)), checkpoint(std::move(in_checkpoint));
    recorder_.step(spec::AreaAudit<Number>{
        .live = live_set.count(),
        .live_counted = area.live_blocks(),
        .free = area.blocks() - live_set.count() - kept_set.outside(live_set),
        .free_counted = area.free_blocks(),
        .named = named.count(),
        .named_again = named.again(),
        .named_dead = named.outside(live_set),
        .kept = kept_set.count(),
        .in_checkpoint = checkpoint.count(),
        .unkept = checkpoint.outside(kept_set),
    });
  }

 private:
  /// The number of the node block that has a page's address; 0 is the inode's own.
  Number node_block_of(Number index) const {
    const Number own = volume_.inode_addresses;
    return index < own ? 0 : 1 + (index - own) / volume_.dnode_addresses;
  }

  void node(const f2fs::Inode& inode) {
    const f2fs::Node& node = inode.node;
    spec::NodeAudit<Number> seen{};
    for (const auto& [index, address] : node.addresses) {
      const Number place = index % f2fs::kClusterPages;
      seen.nulls += address == f2fs::kNullAddress;
      seen.addresses += address != f2fs::kNullAddress;
      const Number node_block = node_block_of(index);
      seen.nodeless += node_block != 0 && !node.dnodes.contains(node_block);
      if (address != f2fs::kCompressAddress) continue;
      seen.odd_heads += place != 0 || !node.is_compressed;
      seen.odd_clusters += !is_packed(node, index);
    }
    seen.is_inline = node.is_inline;
    seen.size = node.size;
    seen.inline_max = f2fs::kInlineMax;
    seen.dirty_homeless = node.is_inline ? 0 : dirty_homeless(inode);
    recorder_.step(seen);

    const Number owned = seen.addresses + node.dnodes.size();
    recorder_.step(spec::OwnerLedger<Number>{node.blocks, owned});
    owned_[inode.owner] += owned;
    sums_.addresses += seen.addresses;
    sums_.nodes += node.dnodes.size();
    add_blocks(node, named_);
  }

  /// Whether blocks follow the head of a cluster, at least one, and then no more blocks.
  static bool is_packed(const f2fs::Node& node, Number head) {
    Number blocks = 0;
    bool ended = false;
    for (Number index = head + 1; index < head + f2fs::kClusterPages; ++index) {
      const auto found = node.addresses.find(index);
      const f2fs::Address address =
          found == node.addresses.end() ? f2fs::kNullAddress : found->second;
      if (address == f2fs::kCompressAddress) return false;
      const bool is_block = address != f2fs::kNullAddress && address != f2fs::kNewAddress;
      if (is_block && ended) return false;
      ended = !is_block;
      blocks += is_block;
    }
    return blocks != 0;
  }

  static Number dirty_homeless(const f2fs::Inode& inode) {
    // The pages of an atomic file are written to the blocks of its CoW inode.
    const f2fs::Node& home = inode.cow != nullptr ? inode.cow->node : inode.node;
    Number homeless = 0;
    for (const auto& [index, folio] : inode.pages.folios()) {
      const bool is_dirty = folio.blocks.front().dirty;
      homeless += is_dirty && !home.addresses.contains(index);
    }
    return homeless;
  }

  void cache(const f2fs::Inode& inode) {
    CacheAudit cache(inode.node.size, f2fs::kBlockSize, f2fs::kBlockSize, recorder_);
    if (stored_.contains(inode.number)) cache.spare_page();
    see_folios(inode.pages, f2fs::kBlockSize, cache);
  }

  const f2fs::Superblock& volume_;
  const std::set<Number>& stored_;
  spec::Recorder& recorder_;
  spec::VolumeLedger<Number> sums_{};
  std::map<Number, Number> owned_;  // by owner
  std::vector<BlockRun> named_;     // blocks of the main area
};

}  // namespace

void audit(const f2fs::Volume& volume, const std::set<Number>& stored, spec::Recorder& recorder) {
  F2fsWalk walk(volume.superblock(), stored, recorder);
  walk.files();
  walk.ledgers();
  walk.area();
}

}  // namespace quire::props
