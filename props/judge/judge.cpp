#include "props/judge/judge.h"

#include "props/judge/record_text.h"
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
}

void Judge::write_begins(Number bytes) {
  // Each page takes an attempt, each rejected attempt one more, and the chunk halves nine times.
  steps_ = 0;
  steps_max_ = 4 * (bytes / spec::kPageSize + 2) + 64;
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

void Judge::step(const spec::Step& step) {
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

void Judge::lock_wanted(Number rank, Number key) {
  judge(spec::lock_clauses, held_.wanted(rank, key));
}
void Judge::lock_taken(Number rank, Number key) { held_.taken(rank, key); }
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
