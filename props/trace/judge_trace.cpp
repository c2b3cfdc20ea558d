#include "props/trace/judge_trace.h"

#include "spec/geometry.h"
#include "spec/linux/page_cache.h"

#include <fmt/format.h>

#include <algorithm>

namespace quire::props::trace {
namespace {

using Number = TraceJudge::Number;

/// A begin reserves for at most so many bytes at once (5.1 step 6).
constexpr Number kBeginMax = 1024 * spec::kPageSize;

bool begins_iomap(const std::string& caller) { return caller.ends_with("iomap_begin"); }

/// Bytes that a body is given: what is left, up to the end of mapping and source (IOM-3).
Number given(Number pos, Number left, Number map_end, Number source_end) {
  return std::min(left, std::min(map_end, source_end) - pos);
}

Number source_end(const std::optional<MapEvent>& source) {
  const auto hole = static_cast<Number>(spec::MappingKind::hole);
  return !source || source->kind == hole ? ~Number{0} : source->offset + source->length;
}

}  // namespace

std::optional<std::string> TraceJudge::take(const Event& event) {
  if (device_.empty()) device_ = event.device;
  if (!event.device.empty() && event.device != device_)
    return fmt::format("line {}: device {}, after {} before", event.line, event.device, device_);
  if (violation()) return std::nullopt;
  if (const auto why = missing_before(event)) return why;
  steps_.note(event);
  Task& task = tasks_[event.task];
  // The event of a mapping's source follows that of the mapping; no other event is late.
  const auto* const map = std::get_if<MapEvent>(&event.what);
  if (map == nullptr || !map->is_source) judge_begin(task);
  std::visit([&](const auto& what) { on(event, what); }, event.what);
  return std::nullopt;
}

void TraceJudge::on(const Event& event, const LockEvent& lock) {
  locks_.take(event, lock, [&](const spec::LockStep<Number>& step) {
    waits_.waits(step);
    steps_.judge_by(spec::lock_clauses, kWaits, event, step);
  });
  Task& task = tasks_[event.task];
  const bool is_iolock = lock.iolock && task.call && task.call->ino == event.ino;
  if (is_iolock && lock.verb == LockEvent::Verb::waits) ++task.locks;
  if (is_iolock && lock.verb == LockEvent::Verb::drops) ++task.unlocks;
  if (task.loop && !task.loop->is_mapped && lock.ilock && begins_iomap(lock.caller))
    task.loop->begins = true;
}

void TraceJudge::on(const Event& event, const TransactionEvent&) {
  // Only its start has an event, so it is waited for, but never held.
  const auto step = locks_.wants(event.task, spec::rank_of<spec::Transaction>, 0);
  waits_.waits(step);
  steps_.judge_by(spec::lock_clauses, kWaits, event, step);
}

void TraceJudge::on(const Event& event, const IterEvent& iter) {
  Task& task = tasks_[event.task];
  if (task.loop && task.loop->is_mapped && task.loop->ino == event.ino) {
    close_iteration(event, iter);
    return;
  }
  settle_iteration(task, false);
  Loop loop;
  loop.ino = event.ino;
  loop.flags = iter.flags;
  loop.pos = iter.pos;
  // There is no mapping before, so the length is the call's; unless the call starts at 0: there the
  // event has min(left, 0 - 0).
  const bool is_write = (iter.flags & kIterWrite) != 0;
  if (is_write && task.write) {
    loop.left = task.write->count;
  } else if (iter.pos != 0) {
    loop.left = iter.length;
  }
  task.loop = loop;
}

void TraceJudge::close_iteration(const Event& event, const IterEvent& iter) {
  Task& task = tasks_[event.task];
  Loop& loop = *task.loop;
  const Number advanced = iter.pos - loop.pos;
  if (loop.left) {
    spec::IomapIteration<Number> iteration{};
    iteration.before = {loop.pos, *loop.left, 0};
    iteration.map_end = loop.map->offset + loop.map->length;
    iteration.source_end = source_end(loop.source);
    iteration.length = advanced + iter.length;
    iteration.advanced = advanced;
    iteration.body_status = static_cast<Number>(iter.status);
    iteration.ends = 1;
    iteration.end_pos = loop.pos;
    iteration.end_length = iteration.length;
    iteration.end_written = advanced;
    iteration.after = {iter.pos, *loop.left - advanced, iteration.body_status};
    task.iteration = iteration;
    task.iteration_at = event;
    *loop.left -= advanced;
  }
  const bool is_write = (loop.flags & kIterWrite) != 0;
  if (is_write && task.call && task.call->ino == event.ino) task.accepted += advanced;
  File& file = files_[event.ino];
  if (is_write && file.size) file.size = std::max(*file.size, iter.pos);
  // After a short body, end releases the delayed blocks that were not written, but for those under
  // dirty folios, which no event names.
  const bool is_short =
      loop.left.value_or(0) != 0 && loop.map && iter.pos < loop.map->offset + loop.map->length;
  if (is_write && is_short && loop.data && loop.data->allocated) file.extents.reset();
  Loop next;
  next.ino = loop.ino;
  next.flags = loop.flags;
  next.pos = iter.pos;
  next.left = loop.left;
  loop = next;
}

void TraceJudge::settle_iteration(Task& task, bool goes_on) {
  if (!task.iteration) return;
  // A failed begin shows by its ILOCK alone.
  const bool another = goes_on || (task.loop && task.loop->begins);
  task.iteration->goes_on = another ? 1 : 0;
  task.iteration->stale = another && task.iteration->advanced == 0 ? 1 : 0;
  steps_.judge(kIterations, *task.iteration_at, *task.iteration);
  task.iteration.reset();
}

void TraceJudge::on(const Event& event, const MapEvent& map) {
  Task& task = tasks_[event.task];
  if (!task.loop || task.loop->ino != event.ino) return;
  Loop& loop = *task.loop;
  if (map.is_source) {
    loop.source = map;
    return;
  }
  if (loop.is_mapped) {  // no iomap_iter has ended the mapping before
    spec::IomapIteration<Number> iteration{};
    iteration.before = {loop.pos, loop.left.value_or(0), 0};
    steps_.judge(kIterations, event, iteration);
    return;
  }
  settle_iteration(task, true);
  loop.is_mapped = true;
  loop.is_judged = false;
  loop.map = map;
  loop.map_at = event;
  loop.held = locks_.held(event.task);
}

void TraceJudge::on(const Event& event, const BufferedWriteEvent& write) {
  Task& task = tasks_[event.task];
  settle_iteration(task, false);
  task.loop.reset();
  task.write = write;
  ++task.writes;
}

void TraceJudge::on(const Event& event, const BlocksEvent& blocks) {
  Task& task = tasks_[event.task];
  if (!task.loop || task.loop->is_mapped || task.loop->ino != event.ino) return;
  Loop& loop = *task.loop;
  (blocks.cow_fork ? loop.cow : loop.data) = blocks;
  loop.blocks_at = event;
  if (blocks.count == 0) return;
  // A begin's range starts where the iteration before it has stopped.
  const bool is_capped = blocks.allocated && kBeginMax <= blocks.count;
  if (task.iteration) task.iteration->after.pos = blocks.pos;
  if (task.iteration && !is_capped) task.iteration->after.left = blocks.count;
  if (!loop.left && !is_capped) loop.left = blocks.count;
}

void TraceJudge::on(const Event& event, const PreallocEvent& prealloc) {
  Task& task = tasks_[event.task];
  if (task.loop) task.loop->prealloc = prealloc;
}

void TraceJudge::on(const Event& event, const FolioEvent& folio) {
  const auto& loop = tasks_[event.task].loop;
  const Number size = spec::kPageSize << folio.order;
  spec::FoundFolio<Number> found{folio.pos, size, folio.pos, size, 1, 1, 1};
  if (loop && loop->is_mapped && loop->left && loop->ino == event.ino &&
      (loop->flags & kIterWrite) != 0) {
    // The body asks for the folio of its next byte, for the rest of its range.
    const Number map_end = loop->map->offset + loop->map->length;
    const Number end = loop->pos + given(loop->pos, *loop->left, map_end, source_end(loop->source));
    found.pos = std::max(folio.pos, loop->pos);
    found.size_max = found.pos < end ? std::max(spec::kPageSize, end - found.pos) : 0;
  }
  steps_.judge(kFolios, event, found);
}

void TraceJudge::on(const Event& event, const WritebackEvent& writeback) {
  files_[event.ino].extents.reset();
  // Its length is that of the dirty run; it is cut to the mapping later.
  const MapEvent& map = writeback.map;
  steps_.judge(
      kWritebacks, event,
      spec::IomapBegin<Number>{
          writeback.pos, writeback.length, map.offset, map.length, map.kind, map.has_place, 0,
          (map.flags & kMapShared) != 0, (map.flags & kMapStale) != 0, 0, 0, 0});
}

void TraceJudge::on(const Event& event, const SizeEvent& size) {
  files_[event.ino].size = size.size;
}

void TraceJudge::on(const Event& event, const Mark& mark) {
  if (const auto* volume = std::get_if<VolumeMark>(&mark)) volume_ = *volume;
  if (const auto* call = std::get_if<CallMark>(&mark)) call_begins(event, *call);
  if (const auto* answer = std::get_if<ReturnMark>(&mark)) call_returns(event, *answer);
  if (const auto* extents = std::get_if<ExtentsMark>(&mark))
    files_[extents->ino].extents = Extents(*extents);
}

std::optional<std::string> TraceJudge::finish() const {
  for (const auto& [number, task] : tasks_) {
    if (task.call) return fmt::format("the trace ends within the call of line {}", task.call_line);
  }
  if (!volume_) return "no mark says which volume this was";
  if (judged().at(kWrites) == 0) return "it has no write of ours";
  return std::nullopt;
}

std::expected<TraceJudge, std::string> judge_trace(std::istream& lines) {
  TraceJudge judge;
  std::string line;
  for (std::uint64_t number = 1; std::getline(lines, line); ++number) {
    const auto event = parse_event(number, line);
    if (judge.violation()) return judge;
    if (!event) return std::unexpected(event.error());
    if (!*event) continue;
    if (const auto why = judge.take(**event)) return std::unexpected(*why);
  }
  if (judge.violation()) return judge;
  if (lines.bad()) return std::unexpected("it cannot be read");
  if (const auto why = judge.finish()) return std::unexpected(*why);
  return judge;
}

}  // namespace quire::props::trace
