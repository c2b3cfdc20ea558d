#include "props/hooks/judged_hooks.h"

#include "ref/cache/write_end_record.h"

#include <algorithm>

namespace quire::props {
namespace {

using Number = std::uint64_t;

std::pair<Number, Number> folio_lock(Number folio_pos) {
  return {spec::rank_of<spec::FolioLock>, folio_pos};
}

}  // namespace

void JudgedHooks::demand_cause(Number error) {
  file_.judge().demand(
      kErrorHasACause, file_.causes().contains(error),
      fmt::format("{}, which the file has not answered", answer_text(error)));
}

JudgedHooks::Folio JudgedHooks::write_begin(Number pos, Number want) {
  HooksJudge& judge = file_.judge();
  const HeldByHooks held_before = file_.held();
  judge.tell(fmt::format("    write_begin(pos {}, want {})", pos, want));
  const AnyHooks::Begun begun = hooks_.write_begin(pos, want);
  Folio folio;
  static_cast<spec::Begun<Number>&>(folio) = begun.answer;
  folio.handle = begun.handle;
  if (folio.error != 0) {
    judge.tell("      answers " + answer_text(folio.error));
    demand_cause(folio.error);
    judge.demand(kFailedBeginLocksNothing, file_.held() == held_before, locks_text(file_.held()));
    judge.stop_if_broken();
    return folio;
  }
  judge.tell(fmt::format("      answers folio {}, prepared up to {}", folio.folio_pos, folio.end));
  HeldByHooks expected = held_before;
  expected.push_back(folio_lock(folio.folio_pos));
  judge.demand(
      kBeginLocksItsFolio, std::ranges::is_permutation(file_.held(), expected),
      locks_text(file_.held()));
  judge.stop_if_broken();
  folio.folio = file_.locked_at(folio.folio_pos);
  judge_begun(folio, pos, want);
  return folio;
}

void JudgedHooks::judge_begun(Folio& folio, Number pos, Number want) {
  folio.before = folio.folio->folio().blocks;
  folio.begun = folio.end <= pos ? 0 : folio.end - pos;
  const auto judge_each = [&](const auto& clause) {
    for (const auto& record : records(folio, pos, folio.begun, 0, 0))
      file_.judge().demand_clause(clause, record);
  };
  judge_each(spec::contains_pos);
  file_.judge().stop_if_broken();
  folio.begun = std::min(folio.begun, want);
  judge_each(spec::edges_are_uptodate);
  file_.judge().stop_if_broken();
  folio.ends_batch = folio.end < std::min(pos + want, folio.folio->end());
}

std::vector<spec::WriteEnd<Number>> JudgedHooks::records(
    const Folio& folio, Number pos, Number n, Number copied, Number accepted) const {
  return ref::write_end_records(
      folio.folio->folio(), {pos, folio.begun, n, copied, accepted, folio.before});
}

Number JudgedHooks::copy(Folio& folio, Number pos, Number n) {
  const Number copied = memory_.copy(folio.folio->folio().bytes(pos, pos + n));
  file_.judge().tell(fmt::format("    copy(pos {}, n {}) = {}", pos, n, copied));
  lost_copies_.emplace_back(pos, pos + copied);
  return copied;
}

Number JudgedHooks::write_end(Folio& folio, Number pos, Number n, Number copied) {
  HooksJudge& judge = file_.judge();
  HeldByHooks expected = file_.held();
  std::erase(expected, folio_lock(folio.folio_pos));
  judge.tell(fmt::format("    write_end(pos {}, n {}, copied {})", pos, n, copied));
  const Number status = hooks_.write_end(folio.handle, pos, n, copied);
  judge.tell("      answers " + answer_text(status));

  const Number accepted = spec::is_error(status) ? 0 : status;
  spec::Attempt<Number> attempt{};
  attempt.left_before = attempt.want = attempt.prepared = n;
  attempt.copied = copied;
  attempt.accepted = accepted;
  judge.demand_clause(spec::accepts_what_was_copied, attempt);
  judge.demand(
      kEndUnlocksItsFolio, std::ranges::is_permutation(file_.held(), expected),
      locks_text(file_.held()));
  if (spec::is_error(status)) {
    demand_cause(status);
  } else {
    for (const auto& record : records(folio, pos, n, copied, accepted)) judge.write_end(record);
    // A loop that gives a copy up answers for fewer bytes than arrived.
    std::erase(lost_copies_, CopiedRange{pos, pos + copied});
  }
  judge.stop_if_broken();
  judge.folio_unlock(folio.folio_pos, folio.folio->size_then(), folio.folio->dirty_then());
  judge.stop_if_broken();
  return status;
}

}  // namespace quire::props
