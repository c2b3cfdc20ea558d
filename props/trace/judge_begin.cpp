// Judges the answer of a begin: the mapping, its blocks, and the preallocation.
#include "props/trace/judge_trace.h"
#include "props/trace/prealloc_facts.h"
#include "spec/linux/xfs/begin.h"

#include <algorithm>

namespace quire::props::trace {

void TraceJudge::judge_begin(Task& task) {
  if (!task.loop || !task.loop->is_mapped || task.loop->is_judged) return;
  Loop& loop = *task.loop;
  loop.is_judged = true;
  judge_mapping(loop);
  const bool is_buffered = (loop.flags & (kIterWrite | kIterZero | kIterUnshare)) != 0;
  if (is_buffered && volume_) judge_blocks(loop);
  if (!loop.data || !loop.data->allocated) return;
  if ((loop.flags & kIterWrite) != 0) {
    judge_prealloc(task, *loop.blocks_at, *loop.data);
  } else {
    files_[loop.ino].extents.reset();  // a delayed extent was converted
  }
}

void TraceJudge::judge_mapping(const Loop& loop) {
  const MapEvent& map = *loop.map;
  steps_.judge(
      kBegins, *loop.map_at,
      spec::IomapBegin<Number>{
          loop.pos, loop.left.value_or(1), map.offset, map.length, map.kind, map.has_place,
          (map.flags & kMapNew) != 0, (map.flags & kMapShared) != 0, (map.flags & kMapStale) != 0,
          loop.source ? loop.source->kind : 0, loop.source ? loop.source->offset : 0,
          loop.source ? loop.source->length : 0});
}

void TraceJudge::judge_blocks(const Loop& loop) {
  const MapEvent& map = *loop.map;
  spec::XfsBegin<Number> begin{};
  begin.pos = loop.pos;
  begin.length = loop.left.value_or(1);
  begin.mapping_pos = map.offset;
  begin.mapping_end = map.offset + map.length;
  begin.is_new = (map.flags & kMapNew) != 0;
  begin.is_shared = (map.flags & kMapShared) != 0;
  begin.in_cow_fork = loop.cow ? 1 : 0;
  begin.keeps_hole = (loop.flags & (kIterZero | kIterUnshare)) != 0;
  begin.faults = (loop.flags & kIterFault) != 0;
  begin.over_hole = map.kind == static_cast<Number>(spec::MappingKind::hole);
  begin.dquots_attached = 1;
  begin.cookie_under_ilock = 1;
  begin.held_after = loop.held;
  // Around truncate and fallocate the VFS takes it, which has no event.
  if (begin.keeps_hole == 1) begin.held_after |= Number{1} << spec::rank_of<spec::InvalidateLock>;
  // Zeroing takes no space in the data fork: there, an allocation converts blocks that were
  // reserved before (ZR-2).
  const auto& blocks = loop.cow ? loop.cow : loop.data;
  const bool converts = !loop.cow && (loop.flags & kIterZero) != 0;
  if (blocks && blocks->allocated && !converts) {
    begin.reserved_pos = blocks->start * volume_->block_size;
    begin.reserved_end = begin.reserved_pos + blocks->blocks * volume_->block_size;
  }
  steps_.judge(kXfsBegins, *loop.map_at, begin);
}

void TraceJudge::judge_prealloc(Task& task, const Event& event, const BlocksEvent& blocks) {
  File& file = files_[event.ino];
  if (!volume_ || !task.call || !file.size) return;
  const std::optional<PreallocEvent>& traced = task.loop->prealloc;
  const Number block = blocks.pos / volume_->block_size;
  const auto before = file.extents ? file.extents->before(block) : std::nullopt;
  const bool grows = *file.size < blocks.pos + blocks.count;
  if (!before) {
    if (grows) steps_.count(kNotDerived);
    return;
  }
  const auto facts = prealloc_facts(*volume_, blocks, *file.size, *before, task.call->free, traced);
  spec::Prealloc<Number> made{};
  made.facts = facts;
  made.at_end = file.extents->ends_before(block) ? 1 : 0;
  made.size = traced ? traced->blocks : is_settled_early(facts) ? spec::prealloc_size(facts) : 0;
  const Number end = blocks.start + blocks.blocks;
  made.blocks = end - std::min(end, spec::requested_end(facts));
  const bool is_considered = grows && made.at_end == 1;
  // A preallocation may be left out for want of space (5.3).
  const Number asked = blocks.blocks + (traced ? traced->blocks : 0);
  if (is_considered && made.blocks == 0 && task.call->free < asked + volume_->margin) {
    steps_.count(kNotDerived);
  } else if (is_considered || made.blocks != 0) {
    steps_.judge(kPreallocs, event, made);
    if (traced) steps_.count(traced->shift == 0 ? kRounded : kHalved);
  }
  file.extents->reserve(blocks.start, blocks.blocks);
  task.call->free -= std::min(task.call->free, blocks.blocks);
}

}  // namespace quire::props::trace
