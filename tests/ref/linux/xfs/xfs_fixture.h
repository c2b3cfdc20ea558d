// A mounted XFS on a device in memory, every step of it judged.
#pragma once

#include "ref/linux/xfs/buffered_write_ops.h"
#include "ref/linux/xfs/inode.h"
#include "ref/linux/xfs/ledger.h"
#include "ref/linux/xfs/mount.h"
#include "tests/ref/judge.h"
#include "tests/ref/memory_device.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <variant>
#include <vector>

namespace quire::tests {

inline constexpr Number kBlock = 4096;

/// Judges, and keeps the records of one kind for a test.
class XfsJudge final : public spec::Recorder {
 public:
  void step(const spec::Step& step) override {
    judge.step(step);
    if (keeps_steps) steps.push_back(step);
    if (on_step) on_step(step);
  }
  void attempt(const spec::Attempt<Number>& step) override { judge.attempt(step); }
  void write_end(const spec::WriteEnd<Number>& op) override { judge.write_end(op); }
  void folio_unlock(Number pos, Number size, bool dirty) override {
    judge.folio_unlock(pos, size, dirty);
  }
  void lock_wanted(Number rank, Number key) override { judge.lock_wanted(rank, key); }
  void lock_taken(Number rank, Number key) override { judge.lock_taken(rank, key); }
  void lock_dropped(Number rank, Number key) override { judge.lock_dropped(rank, key); }

  /// The records of type Record, in the order they came.
  template <class Record>
  std::vector<Record> all() const {
    std::vector<Record> found;
    for (const spec::Step& step : steps) {
      if (const auto* record = std::get_if<Record>(&step)) found.push_back(*record);
    }
    return found;
  }

  Judge judge;
  std::vector<spec::Step> steps;
  bool keeps_steps = true;
  std::function<void(const spec::Step&)> on_step;  ///< called after each step; may be empty
};

/// A block is 4 KiB and the device has 1000 unless the options say otherwise.
struct XfsVolume {
  explicit XfsVolume(ref::xfs::MountOptions options = {}, std::uint64_t blocks = 1000)
      : device(blocks * options.block_size), mount(device, with_judge(options)) {}
  ~XfsVolume() {
    ref::xfs::record_ledger(mount);
    EXPECT_TRUE(judge.judge.holds_nothing());
  }

  ref::xfs::MountOptions with_judge(ref::xfs::MountOptions options) {
    options.recorder = &judge;
    return options;
  }

  XfsJudge judge;
  MemoryDevice device;
  ref::xfs::Mount mount;
};

/// Makes the block at byte `pos` of the file dirty, as a write that was accepted does.
inline void make_dirty(ref::xfs::Inode& inode, std::uint64_t pos) {
  ref::Folio& folio = *inode.pages.find_or_make(pos);
  folio.blocks[(pos - folio.pos()) / inode.block_size] = {.uptodate = true, .dirty = true};
}

inline bool is_dirty(ref::xfs::Inode& inode, std::uint64_t pos) {
  ref::Folio* const folio = inode.pages.find(pos);
  return folio != nullptr && folio->blocks[(pos - folio->pos()) / inode.block_size].dirty;
}

inline void make_clean(ref::xfs::Inode& inode, std::uint64_t pos) {
  ref::Folio* const folio = inode.pages.find(pos);
  if (folio != nullptr) folio->blocks[(pos - folio->pos()) / inode.block_size].dirty = false;
}

}  // namespace quire::tests
