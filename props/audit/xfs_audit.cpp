#include "props/audit/xfs_audit.h"

#include "props/audit/cache_audit.h"
#include "props/audit/ref_audit.h"
#include "props/audit/xfs_forks.h"
#include "spec/geometry.h"

#include <cstddef>
#include <unordered_map>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

namespace xfs = ref::xfs;
using Number = std::uint64_t;

/// Blocks of index that the delayed extents may need: a record for each block, and on each level
/// above one for each block below.
Number worst_index(const xfs::IndexShape& shape, const std::vector<Number>& counts) {
  Number blocks = 0;
  for (Number records : counts) {
    for (Number level = 0; level < shape.levels_max; ++level) {
      records = records / shape.records_per_block + (records % shape.records_per_block != 0);
      blocks += records;
    }
  }
  return blocks;
}

struct SeenFile {
  explicit SeenFile(const xfs::Inode& seen) : inode(seen), data(seen.data), cow(seen.cow) {}

  const xfs::Inode& inode;
  SeenFork data, cow;

  /// Blocks that quota counts as promised.
  Number promised() const { return data.delayed.count() + cow.all.count(); }
};

class XfsWalk {
 public:
  XfsWalk(const xfs::Mount& mount, const std::set<Number>& stored, spec::Recorder& recorder)
      : mount_(mount), stored_(stored), recorder_(recorder), blocks_(mount.space.blocks()) {
    for (const auto& [number, inode] : mount.files) files_.emplace_back(*inode);
    for (const SeenFile& file : files_) {
      for (const SeenFork* fork : {&file.data, &file.cow}) name(*fork);
    }
  }

  void files() {
    for (const SeenFile& file : files_) {
      ledger(file);
      forks(file);
    }
  }

  void space(Number held_back) {
    spec::SpaceLedger<Number> ledger{};
    ledger.blocks = blocks_ - held_back;
    ledger.free = mount_.space.free();
    ledger.allocated = mount_.space.owners().size();
    for (const auto& [block, extents] : named_) {
      // A block that extents name and nobody owns is one too many.
      const Number owners = mount_.space.owners(block);
      ledger.owned += owners == 0 || owners == extents;
    }
    for (const SeenFile& file : files_) {
      ledger.delayed += file.data.delayed.count() + file.cow.delayed.count();
      ledger.indexing += file.data.index_promised + file.cow.index_promised;
    }
    recorder_.step(ledger);
  }

  void quota() {
    for (const auto& [key, dquot] : mount_.quotas.records()) {
      spec::QuotaLedger<Number> ledger{dquot.used(), dquot.reserved(), 0, 0};
      for (const SeenFile& file : files_) {
        if (owner_id(file.inode, key.first) != key.second) continue;
        ledger.real_blocks += file.data.real;
        ledger.delayed_blocks += file.promised();
      }
      recorder_.step(ledger);
    }
  }

  Number folio_bytes() const { return folio_bytes_; }

 private:
  static std::uint32_t owner_id(const xfs::Inode& inode, xfs::QuotaType type) {
    switch (type) {
      case xfs::QuotaType::user: return inode.owner.user;
      case xfs::QuotaType::group: return inode.owner.group;
      case xfs::QuotaType::project: return inode.owner.project;
    }
    return 0;
  }

  void name(const SeenFork& fork) {
    for (const BlockRun& run : fork.on_device) {
      for (Number block = run.first; block < run.end; ++block) {
        if (block < blocks_) {
          ++named_[block];
        } else {
          ++off_device_;
        }
      }
    }
  }

  bool is_shared(Number device_block) const {
    const auto found = named_.find(device_block);
    return found != named_.end() && 1 < found->second;
  }

  void ledger(const SeenFile& file) {
    recorder_.step(spec::FileLedger<Number>{
        .delayed_blocks = file.inode.delayed_blocks,
        .data_delayed = file.data.delayed.count(),
        .cow_blocks = file.cow.all.count(),
        .real_blocks = file.inode.real_blocks,
        .data_real = file.data.real});
  }

  void forks(const SeenFile& file) {
    const xfs::Inode& inode = file.inode;
    const Number bs = inode.block_size;
    CacheAudit cache(inode.size, bs, inode.folio_size_max, recorder_);
    if (stored_.contains(inode.number)) cache.spare_page();
    see_folios(inode.pages, bs, cache);
    folio_bytes_ += cache.bytes();
    const BlockSet dirty = cache.dirty();
    const Number end = inode.size / bs + (inode.size % bs != 0);
    const BlockSet below_end({{0, end}}), &cow = file.cow.all, &data = file.data.all;
    const auto shares = [&](Number block) { return is_shared(block); };
    const BlockSet shared = blocks_of_device(inode.data, shares);
    recorder_.step(spec::ForkAudit<Number>{
        .size = inode.size,
        .disk_size = inode.disk_size,
        .extents_wrong = file.data.wrong + file.cow.wrong + off_device_,
        .index_promised = file.data.index_promised + file.cow.index_promised,
        .index_worst = worst_index(mount_.options.index, file.data.delayed_counts) +
                       worst_index(mount_.options.index, file.cow.delayed_counts),
        .dirty_homeless = dirty.without(data).outside(cow),
        .dirty_shared = dirty.common(shared).outside(cow),
        .delayed_idle = file.data.delayed.common(below_end).outside(dirty),
        .cow = cow.count(),
        .may_copy = inode.is_reflink || mount_.options.always_cow,
        .cow_shared = blocks_of_device(inode.cow, shares).count(),
        .shared = shared.count(),
        .is_reflink = inode.is_reflink,
        .strange_dquots = strange_dquots(inode),
    });
  }

  Number strange_dquots(const xfs::Inode& inode) const {
    Number strange = 0;
    for (std::size_t i = 0; i < inode.dquots.size(); ++i) {
      if (inode.dquots[i] == nullptr) continue;
      const auto type = static_cast<xfs::QuotaType>(i);
      const auto own = mount_.quotas.records().find({type, owner_id(inode, type)});
      strange += own == mount_.quotas.records().end() || &own->second != inode.dquots[i];
    }
    return strange;
  }

  const xfs::Mount& mount_;
  const std::set<Number>& stored_;
  spec::Recorder& recorder_;
  Number blocks_;                                    // of the device
  std::unordered_map<Number, std::uint32_t> named_;  // how many extents name a block of it
  Number off_device_ = 0;                            // how often an extent names one that is none
  std::vector<SeenFile> files_;
  Number folio_bytes_ = 0;
};

}  // namespace

void audit(
    const xfs::Volume& volume, Number memory_bytes, Number held_back,
    const std::set<Number>& stored, spec::Recorder& recorder) {
  XfsWalk walk(volume.mount(), stored, recorder);
  walk.files();
  walk.space(held_back);
  walk.quota();
  // Its files share blocks, count no dirty bytes and have no preallocations: only memory is left.
  spec::VolumeAudit<Number> rest{};
  rest.folio_bytes = walk.folio_bytes();
  rest.memory_bytes = memory_bytes;
  recorder.step(rest);
}

}  // namespace quire::props
