#include "props/trace/judge_trace.h"

#include "props/trace/prealloc_facts.h"
#include "spec/call_return.h"
#include "spec/folio_add.h"
#include "spec/geometry.h"
#include "spec/xfs_begin.h"

#include <fmt/format.h>
#include <boost/hana/for_each.hpp>

#include <algorithm>
#include <utility>

namespace quire::props::trace {
namespace {

using Number = TraceJudge::Number;

constexpr std::size_t kContextLines = 8;
/// A begin reserves for at most so many bytes at once (5.1 step 6).
constexpr Number kBeginMax = 1024 * spec::kPageSize;

constexpr const char* kWaits = "waits for locks";
constexpr const char* kBegins = "mappings answered by iomap_begin";
constexpr const char* kXfsBegins = "mappings answered by XFS";
constexpr const char* kTrips = "trips of the iterator";
constexpr const char* kFolios = "folios added";
constexpr const char* kWritebacks = "mappings written back to";
constexpr const char* kWrites = "writes";
constexpr const char* kReturns = "returns";
constexpr const char* kPreallocs = "preallocations";
constexpr const char* kHalved = "preallocations that the kernel halved for want of space";
constexpr const char* kRounded = "preallocations of a size that the kernel told";

template <class Record>
std::string describe(const Record& record) {
  std::string text;
  spec::for_each_leaf(record, [&](const std::string& name, Number value) {
    text += fmt::format("{}{} = {:#x}", text.empty() ? "" : ", ", name, value);
  });
  return text;
}

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

TraceJudge::TraceJudge() {
  for (const char* name :
       {kWaits, kBegins, kXfsBegins, kTrips, kFolios, kWritebacks, kWrites, kReturns, kPreallocs,
        kRounded, kHalved, kNotDerived}) {
    judged_[name] = 0;
  }
}

std::optional<std::string> TraceJudge::take(const Event& event) {
  if (device_.empty()) device_ = event.device;
  if (!event.device.empty() && event.device != device_)
    return fmt::format("line {}: device {} beside {}", event.line, event.device, device_);
  if (violation_) return std::nullopt;
  Task& task = tasks_[event.task];
  task.last.emplace_back(event.line, event.text);
  if (kContextLines < task.last.size()) task.last.pop_front();
  // The source of a mapping is told after the mapping; nothing else is.
  const auto* const map = std::get_if<MapEvent>(&event.what);
  if (map == nullptr || !map->is_source) judge_begin(task);
  std::visit([&](const auto& what) { on(event, what); }, event.what);
  return std::nullopt;
}

void TraceJudge::on(const Event& event, const LockEvent& lock) {
  locks_.take(event, lock, [&](const spec::LockStep<Number>& step) {
    judge_by(spec::lock_clauses, kWaits, event, step);
  });
  Task& task = tasks_[event.task];
  if (task.loop && !task.loop->is_mapped && lock.ilock && begins_iomap(lock.caller))
    task.loop->begins = true;
}

void TraceJudge::on(const Event& event, const TransactionEvent&) {
  // Only its start is told, so it is waited for, but never held.
  const auto step = locks_.wants(event.task, spec::rank_of<spec::Transaction>, 0);
  judge_by(spec::lock_clauses, kWaits, event, step);
}

void TraceJudge::on(const Event& event, const IterEvent& iter) {
  Task& task = tasks_[event.task];
  if (task.loop && task.loop->is_mapped && task.loop->ino == event.ino) {
    close_trip(event, iter);
    return;
  }
  settle_trip(task, false);
  Loop loop;
  loop.ino = event.ino;
  loop.flags = iter.flags;
  loop.pos = iter.pos;
  // Nothing was mapped before, so the length is that of the call; unless that starts at 0, where
  // min(left, 0 - 0) is told.
  const bool is_write = (iter.flags & kIterWrite) != 0;
  if (is_write && task.write) {
    loop.left = task.write->count;
  } else if (iter.pos != 0) {
    loop.left = iter.length;
  }
  task.loop = loop;
}

void TraceJudge::close_trip(const Event& event, const IterEvent& iter) {
  Task& task = tasks_[event.task];
  Loop& loop = *task.loop;
  const Number advanced = iter.pos - loop.pos;
  if (loop.left) {
    spec::IomapTrip<Number> trip{};
    trip.before = {loop.pos, *loop.left, 0};
    trip.map_end = loop.map->offset + loop.map->length;
    trip.source_end = source_end(loop.source);
    trip.length = advanced + iter.length;
    trip.advanced = advanced;
    trip.body_status = static_cast<Number>(iter.status);
    trip.ends = 1;
    trip.end_pos = loop.pos;
    trip.end_length = trip.length;
    trip.end_written = advanced;
    trip.after = {iter.pos, *loop.left - advanced, trip.body_status};
    task.trip = trip;
    task.trip_at = event;
    *loop.left -= advanced;
  }
  const bool is_write = (loop.flags & kIterWrite) != 0;
  if (is_write && task.call && task.call->ino == event.ino) task.accepted += advanced;
  if (auto& size = files_[event.ino].size; is_write && size) size = std::max(*size, iter.pos);
  Loop next;
  next.ino = loop.ino;
  next.flags = loop.flags;
  next.pos = iter.pos;
  next.left = loop.left;
  loop = next;
}

void TraceJudge::settle_trip(Task& task, bool goes_on) {
  if (!task.trip) return;
  // A begin that failed is told by its ILOCK alone.
  const bool another = goes_on || (task.loop && task.loop->begins);
  task.trip->goes_on = another ? 1 : 0;
  task.trip->stale = another && task.trip->advanced == 0 ? 1 : 0;
  judge(kTrips, *task.trip_at, *task.trip);
  task.trip.reset();
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
    spec::IomapTrip<Number> trip{};
    trip.before = {loop.pos, loop.left.value_or(0), 0};
    judge(kTrips, event, trip);
    return;
  }
  settle_trip(task, true);
  loop.is_mapped = true;
  loop.is_judged = false;
  loop.map = map;
  loop.map_at = event;
  loop.held = locks_.held(event.task);
}

void TraceJudge::on(const Event& event, const BufferedWriteEvent& write) {
  Task& task = tasks_[event.task];
  settle_trip(task, false);
  task.loop.reset();
  task.write = write;
}

void TraceJudge::on(const Event& event, const BlocksEvent& blocks) {
  Task& task = tasks_[event.task];
  if (!task.loop || task.loop->is_mapped || task.loop->ino != event.ino) return;
  Loop& loop = *task.loop;
  (blocks.cow_fork ? loop.cow : loop.data) = blocks;
  loop.blocks_at = event;
  if (blocks.count == 0) return;
  // What begin is asked for is where the trip before it has left off.
  const bool is_capped = blocks.allocated && kBeginMax <= blocks.count;
  if (task.trip) task.trip->after.pos = blocks.pos;
  if (task.trip && !is_capped) task.trip->after.left = blocks.count;
  if (!loop.left && !is_capped) loop.left = blocks.count;
}

void TraceJudge::on(const Event& event, const PreallocEvent& prealloc) {
  Task& task = tasks_[event.task];
  if (task.loop) task.loop->prealloc = prealloc;
}

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
  judge(
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
  begin.over_hole = map.kind == static_cast<Number>(spec::MappingKind::hole);
  begin.dquots_attached = 1;
  begin.cookie_under_ilock = 1;
  begin.held_after = loop.held;
  // To zero takes nothing from the data fork: there, an allocation is the conversion of what was
  // reserved before (ZR-2).
  const auto& blocks = loop.cow ? loop.cow : loop.data;
  const bool converts = !loop.cow && (loop.flags & kIterZero) != 0;
  if (blocks && blocks->allocated && !converts) {
    begin.reserved_pos = blocks->start * volume_->block_size;
    begin.reserved_end = begin.reserved_pos + blocks->blocks * volume_->block_size;
  }
  judge(kXfsBegins, *loop.map_at, begin);
}

void TraceJudge::judge_prealloc(Task& task, const Event& event, const BlocksEvent& blocks) {
  File& file = files_[event.ino];
  if (!volume_ || !task.call || !file.size) return;
  const std::optional<PreallocEvent>& told = task.loop->prealloc;
  const Number block = blocks.pos / volume_->block_size;
  const auto before = file.extents ? file.extents->before(block) : std::nullopt;
  const bool grows = *file.size < blocks.pos + blocks.count;
  if (!before) {
    if (grows) ++judged_[kNotDerived];
    return;
  }
  const auto facts = prealloc_facts(*volume_, blocks, *file.size, *before, task.call->free, told);
  spec::Prealloc<Number> made{};
  made.facts = facts;
  made.at_end = file.extents->ends_before(block) ? 1 : 0;
  made.size = told ? told->blocks : is_settled_early(facts) ? spec::prealloc_size(facts) : 0;
  const Number end = blocks.start + blocks.blocks;
  made.blocks = end - std::min(end, spec::requested_end(facts));
  const bool is_considered = grows && made.at_end == 1;
  // Where space may have been too little for it, it is left out (5.3).
  const Number asked = blocks.blocks + (told ? told->blocks : 0);
  if (is_considered && made.blocks == 0 && task.call->free < asked + volume_->margin) {
    ++judged_[kNotDerived];
  } else if (is_considered || made.blocks != 0) {
    judge(kPreallocs, event, made);
    if (told) ++judged_[told->shift == 0 ? kRounded : kHalved];
  }
  file.extents->reserve(blocks.start, blocks.blocks);
  task.call->free -= std::min(task.call->free, blocks.blocks);
}

void TraceJudge::on(const Event& event, const FolioEvent& folio) {
  const auto& loop = tasks_[event.task].loop;
  spec::FolioAdd<Number> add{folio.pos, spec::kPageSize, folio.order, 0, 0, 0};
  if (loop && loop->is_mapped && loop->left && loop->ino == event.ino &&
      (loop->flags & kIterWrite) != 0) {
    add.for_write = 1;
    add.body_pos = loop->pos;
    const Number map_end = loop->map->offset + loop->map->length;
    add.body_length = given(loop->pos, *loop->left, map_end, source_end(loop->source));
  }
  judge(kFolios, event, add);
}

void TraceJudge::on(const Event& event, const WritebackEvent& writeback) {
  files_[event.ino].extents.reset();
  // Its length is that of the dirty run, which is cut to the mapping later.
  const MapEvent& map = writeback.map;
  judge(
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

void TraceJudge::call_begins(const Event& event, const CallMark& call) {
  Task& task = tasks_[event.task];
  settle_trip(task, false);
  task.loop.reset();
  task.write.reset();
  task.call = call;
  task.accepted = 0;
  files_[call.ino].size = call.size;
}

void TraceJudge::call_returns(const Event& event, const ReturnMark& answer) {
  Task& task = tasks_[event.task];
  settle_trip(task, false);
  judge(kReturns, event, spec::CallReturn<Number>{locks_.held(event.task)});
  if (task.call && task.call->is_write) {
    const auto result = static_cast<Number>(answer.result);
    const bool failed = answer.result < 0;
    judge(
        kWrites, event,
        spec::IomapWrite<Number>{
            task.call->pos, task.call->count, 0, task.accepted, failed ? result : 0, result,
            task.call->count - (failed ? 0 : result), task.call->size, answer.size});
  } else {
    files_[answer.ino].extents.reset();
  }
  files_[answer.ino].size = answer.size;
  task.call.reset();
  task.loop.reset();
}

template <class Record>
void TraceJudge::judge(const char* name, const Event& event, const Record& record) {
  judge_by(clauses_of(record), name, event, record);
}

template <class Clauses, class Record>
void TraceJudge::judge_by(
    const Clauses& clauses, const char* name, const Event& event, const Record& record) {
  if (violation_) return;
  ++judged_[name];
  boost::hana::for_each(clauses, [&](const auto& clause) {
    if (violation_ || clause.holds(record)) return;
    // A step may be judged only when the next one is told.
    std::vector<std::string> context;
    for (const auto& [line, text] : tasks_[event.task].last) {
      if (line < event.line) context.push_back(text);
    }
    context.push_back(event.text);
    violation_ = Violation{
        Failure{
            clause.text.says, clause.text.source, "the running kernel",
            fmt::format("{}.{}", clause.text.operation, clause.text.name), describe(record)},
        event.line, std::move(context)};
  });
}

std::expected<TraceJudge, std::string> judge_trace(std::istream& lines) {
  TraceJudge judge;
  std::string line;
  for (std::uint64_t number = 1; std::getline(lines, line); ++number) {
    const auto event = parse_event(number, line);
    if (!event) return std::unexpected(event.error());
    if (!*event) continue;
    if (const auto why = judge.take(**event)) return std::unexpected(*why);
  }
  return judge;
}

}  // namespace quire::props::trace
