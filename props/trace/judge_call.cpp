// A call between its marks, judged as a whole.
#include "props/trace/judge_trace.h"
#include "spec/linux/xfs/outer_call.h"

#include <fmt/format.h>

namespace quire::props::trace {

std::optional<std::string> TraceJudge::missing_before(const Event& event) const {
  const auto* const mark = std::get_if<Mark>(&event.what);
  if (mark == nullptr) return std::nullopt;
  const auto task = tasks_.find(event.task);
  const bool called = task != tasks_.end() && task->second.call;
  if (std::holds_alternative<CallMark>(*mark) && called) {
    return fmt::format(
        "line {}: a call within the one of line {}, which did not return", event.line,
        task->second.call_line);
  }
  const auto* const answer = std::get_if<ReturnMark>(mark);
  if (answer == nullptr || (called && task->second.call->ino == answer->ino)) return std::nullopt;
  return fmt::format("line {}: a return from a call that did not begin", event.line);
}

void TraceJudge::call_begins(const Event& event, const CallMark& call) {
  Task& task = tasks_[event.task];
  task.call_line = event.line;
  settle_iteration(task, false);
  task.loop.reset();
  task.write.reset();
  task.call = call;
  task.accepted = task.locks = task.unlocks = task.writes = 0;
  files_[call.ino].size = call.size;
}

void TraceJudge::call_returns(const Event& event, const ReturnMark& answer) {
  Task& task = tasks_[event.task];
  settle_iteration(task, false);
  if (task.call->is_write) {
    judge_write(event, task, answer);
  } else {
    files_[answer.ino].extents.reset();
  }
  files_[answer.ino].size = answer.size;
  task.call.reset();
  task.loop.reset();
}

void TraceJudge::judge_write(const Event& event, const Task& task, const ReturnMark& answer) {
  const CallMark& call = *task.call;
  const auto result = static_cast<Number>(answer.result);
  const bool failed = answer.result < 0;
  const Number bytes = failed ? 0 : result;
  steps_.judge(
      kWrites, event,
      spec::IomapWrite<Number>{
          call.pos, call.count, 0, task.accepted, failed ? result : 0, result, call.count - bytes,
          call.size, answer.size});
  const auto none = spec::word_of(spec::IolockMode::none);
  const auto held = spec::word_of(spec::IolockMode::exclusive);
  const bool is_held = task.locks != task.unlocks;
  // Statistics and reservations have no event. A second write of a call follows a scan for space.
  spec::OuterCall<Number> outer{};
  outer.before = {none, call.count, call.size, 0, 0, 0};
  outer.after = {is_held ? held : none, call.count - task.accepted, answer.size, 0, bytes, 0};
  outer.locks = task.locks;
  outer.unlocks = task.unlocks;
  outer.writes = task.writes;
  outer.scans = task.writes == 2 ? 1 : 0;
  outer.pos = call.pos;
  outer.result = result;
  steps_.judge(kCalls, event, outer);
}

}  // namespace quire::props::trace
