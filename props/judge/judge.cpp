#include "props/judge/judge.h"

#include "props/judge/record_text.h"
#include "props/watchdog/journal.h"
#include "spec/geometry.h"

#include <fmt/format.h>
#include <boost/hana/unpack.hpp>

#include <algorithm>
#include <variant>

namespace quire::props {

template <class Clauses, class Record>
void Judge::judge(const Clauses& clauses, const Record& record) {
  if (failure_) return;
  const spec::ClauseText* broken = nullptr;
  boost::hana::unpack(clauses, [&](const auto&... clause) {
    (void)((clause.holds(record) || (broken = &clause.text, false)) && ...);
  });
  if (broken != nullptr) fail(*broken, record_text(record));
}

// Not a template: it would be compiled for each of some hundred clauses.
void Judge::fail(const spec::ClauseText& clause, std::string actual) {
  failure_ = Failure{
      clause.says, clause.source, subject_, fmt::format("{}.{}", clause.operation, clause.name),
      std::move(actual)};
  journal_broken(clause.says, clause.source);
}

void Judge::write_begins(Number bytes) {
  // Each page takes an attempt, each rejected attempt one more, and the chunk halves nine times.
  dirty_first_.reset();
  steps_ = 0;
  steps_max_ = 4 * (bytes / spec::kPageSize + 2) + 64;
}

void Judge::call_ends() {
  if (held_.held() == 0 || failure_) return;
  std::string names;
  for (Number rank = 0; rank < spec::kLockClasses; ++rank) {
    if (spec::holds_rank(held_.held(), rank)) names += fmt::format("{} ", spec::lock_name(rank));
  }
  failure_ = Failure{
      "A call returns with no lock held.", "LK-1, XFB-1", subject_, "no lock held", names + "held"};
}

void Judge::attempt(const spec::Attempt<Number>& a) { judge(spec::attempt_clauses, a); }

void Judge::loop_call(const spec::LoopCall<Number>& call) {
  judge(spec::loop_call_clauses, call);
  if (spec::holds_rank(held_.held(), Number{spec::rank_of<spec::FolioLock>}) && !failure_) {
    failure_ = Failure{
        "Every folio that a write locks is unlocked when it returns.", "GPW-7", subject_,
        "no folio locked", "a folio is still locked"};
  }
}

void Judge::check_dirty(Number dirty) {
  if (!dirty_bound_) return;
  const auto [limit, excess] = *dirty_bound_;
  if (!dirty_first_) dirty_first_ = dirty;
  const Number most = std::max(limit, *dirty_first_) + excess;
  if (failure_ || dirty <= most) return;
  failure_ = Failure{
      "A throttled writer leaves no more dirty than the limit and what one attempt adds.",
      "BDP-1, BDP-6", subject_, fmt::format("at most {} dirty before an attempt", most),
      std::to_string(dirty)};
}

void Judge::step(const spec::Step& step) {
  const auto* const pass = std::get_if<spec::ThrottlePass<Number>>(&step);
  if (pass != nullptr && lacks_memory_ && lacks_memory_()) {
    spec::ThrottlePass<Number> stuck = *pass;
    stuck.writable_after = 0;
    return judge(clauses_of(stuck), stuck);
  }
  if (pass != nullptr) check_dirty(pass->dirty_before);
  if (const auto* count = std::get_if<spec::DirtyCount<Number>>(&step)) check_dirty(count->cached);
  std::visit([&](const auto& record) { judge(clauses_of(record), record); }, step);
}

void Judge::error_event(const spec::ErrorEvent& event) {
  judge(spec::error_clauses, errors_.sees(event));
}

void Judge::write_end(const spec::WriteEnd<Number>& op) {
  judge(spec::write_begin_end_clauses, op);
  Number& end = accepted_end_[op.folio_pos];
  if (op.accepted != 0) end = std::max(end, op.pos + op.accepted);
  if (coverage_ != nullptr && counted_pos_ != op.pos) {
    coverage_->count_write_end(op);
    counted_pos_ = op.pos;
  }
}

void Judge::check_free(Number rank, Number key, const char* act) {
  if (failure_ || held_by_another_ != std::pair{rank, key}) return;
  // Even with RWF_NOWAIT Linux waits for the folios whose reservations a failed write returns, with
  // the file's invalidate lock held, and those of the pass that writes all files back where a write
  // has found no space.
  for (const Number rank :
       {spec::rank_of<spec::InvalidateLock>, spec::rank_of<spec::WritebackLock>})
    if (spec::holds_rank(held_.held(), rank)) return another_lets_go();
  failure_ = Failure{
      "A call that does not wait leaves a lock alone that another thread holds.", "IOM-6, LK-1",
      subject_, "EAGAIN",
      fmt::format("it {} {} {}, which another thread holds", act, spec::lock_name(rank), key)};
}

void Judge::lock_wanted(Number rank, Number key) {
  const spec::LockStep<Number> step = held_.wanted(rank, key);
  journal_wait(rank, key, step.held);
  check_free(rank, key, "waits for");
  judge(spec::lock_clauses, step);
}
void Judge::lock_taken(Number rank, Number key) {
  journal_waits_no_longer();
  check_free(rank, key, "takes");
  if (key != 0 && spec::holds_rank(spec::one_of_a_volume_mask, rank) && !failure_) {
    failure_ = Failure{
        "All calls on a volume take the same lock where it has one.", "LK-1", subject_,
        fmt::format("{} 0", spec::lock_name(rank)),
        fmt::format("{} {}", spec::lock_name(rank), key)};
  }
  held_.taken(rank, key);
}
void Judge::lock_dropped(Number rank, Number key) {
  if (held_.dropped(rank, key) || failure_) return;
  failure_ = Failure{
      "A thread drops only locks that it holds.", "LK-1", subject_, "a lock that is held",
      fmt::format("{} {}, which is not held", spec::lock_name(rank), key)};
}

void Judge::folio_unlock(Number folio_pos, Number file_size, bool folio_dirty) {
  counted_pos_ = ~Number{0};
  const auto at = accepted_end_.find(folio_pos);
  const Number end = at == accepted_end_.end() ? 0 : at->second;
  if (at != accepted_end_.end()) accepted_end_.erase(at);
  judge(spec::folio_unlock_clauses, spec::FolioUnlock<Number>{end, file_size, folio_dirty});
}

bool Judge::wants_stop() {
  if (++steps_ <= steps_max_) return false;
  if (!failure_) {
    failure_ = Failure{
        "A write makes a bounded number of attempts.", "O6, GPW-9", subject_,
        fmt::format("at most {} attempts", steps_max_), "more"};
  }
  return true;
}

}  // namespace quire::props
