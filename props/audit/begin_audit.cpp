#include "props/audit/begin_audit.h"

#include "props/audit/xfs_forks.h"
#include "ref/linux/xfs/inode.h"

#include <utility>
#include <variant>

namespace quire::props {
namespace {

using Number = std::uint64_t;

}  // namespace

BeginAudit::Forks BeginAudit::forks_of(Number file) const {
  const ref::xfs::Inode& inode = *mount_->files.at(file);
  SeenFork data(inode.data), cow(inode.cow);
  return {
      inode.data.sequence(), inode.cow.sequence(), std::move(data.all), std::move(data.delayed),
      std::move(cow.all)};
}

void BeginAudit::lock_taken(Number rank, Number key) {
  next_.lock_taken(rank, key);
  if (rank == spec::rank_of<spec::WritebackLock>) {
    ++passes_;
    passed_ = key;
  }
  if (rank == spec::rank_of<spec::InvalidateLock>) invalidated_ = key;
  if (mount_ == nullptr || rank != spec::rank_of<spec::BlockMapLock>) return;
  // Writeback maps a block without begin.
  const auto inode = mount_->files.find(key);
  if (passes_ != 0 || inode == mount_->files.end()) return;
  file_ = key;
  const auto known = at_.find(key);
  if (known != at_.end() && known->second.data_sequence == inode->second->data.sequence() &&
      known->second.cow_sequence == inode->second->cow.sequence())
    return;
  at_.insert_or_assign(key, forks_of(key));
}

void BeginAudit::lock_dropped(Number rank, Number key) {
  if (rank == spec::rank_of<spec::WritebackLock>) --passes_;
  next_.lock_dropped(rank, key);
}

void BeginAudit::step(const spec::Step& step) {
  next_.step(step);
  if (mount_ == nullptr) return;
  if (const auto* begin = std::get_if<spec::XfsBegin<Number>>(&step)) judge_begin(*begin);
  if (const auto* run = std::get_if<spec::IoendSubmit<Number>>(&step)) submitted(*run);
  if (const auto* run = std::get_if<spec::Completion<Number>>(&step)) completed(*run);
  if (const auto* block = std::get_if<spec::DelallocRelease<Number>>(&step)) released(*block);
}

void BeginAudit::judge_begin(spec::XfsBegin<Number> begin) {
  const Forks& before = at_.at(file_);
  const Forks after = forks_of(file_);
  const BlockSet in_data = after.data.without(before.data), in_cow = after.cow.without(before.cow);
  const BlockSet& added = in_cow.count() != 0 ? in_cow : in_data;
  begin.reserved_pos = begin.reserved_end = 0;
  if (added.count() != 0) {
    begin.reserved_pos = mount_->bytes(added.runs().front().first);
    begin.reserved_end = mount_->bytes(added.runs().back().end);
  }
  // The CoW fork goes first, but for a range to be zeroed that reads as zero already.
  const Number block = mount_->block_of(begin.pos);
  const bool was_hole = !before.data.has(block);
  const bool is_past = mount_->block_from(mount_->files.at(file_)->size) <= block;
  const bool reads_as_zero = was_hole || (before.data_delayed.has(block) && is_past);
  begin.over_hole = was_hole;
  // A delayed extent past the end is allocated first, under a second ILOCK: then it looks like one
  // that was there before, and the model's own word has to do.
  const bool is_unclear = begin.keeps_hole == 1 && is_past && !reads_as_zero;
  if (!is_unclear)
    begin.in_cow_fork = after.cow.has(block) && !(begin.keeps_hole == 1 && reads_as_zero);
  next_.step(begin);
}

void BeginAudit::submitted(const spec::IoendSubmit<Number>& run) {
  const BlockSet blocks({{mount_->block_of(run.pos), mount_->block_from(run.blocks_end)}});
  const SeenFork cow(mount_->files.at(passed_)->cow);
  run_ = {blocks.count(), blocks.common(cow.all).count(), 0};
}

void BeginAudit::completed(const spec::Completion<Number>& run) {
  run_.is_shared = run.is_shared;
  next_.step(run_);
}

void BeginAudit::released(const spec::DelallocRelease<Number>& block) {
  const ref::xfs::Inode& inode = *mount_->files.at(invalidated_);
  const Number at = mount_->block_of(block.block_pos);
  const auto is_delayed_in = [at](const ref::xfs::ExtentList& fork) {
    const ref::xfs::Extent* const found = fork.at_or_after(at);
    return found != nullptr && found->covers(at) && found->is_delayed();
  };
  next_.step(spec::ReleaseAudit<Number>{
      .punched = block.punched, .delayed = is_delayed_in(inode.data) || is_delayed_in(inode.cow)});
}

}  // namespace quire::props
