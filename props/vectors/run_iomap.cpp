// Vectors of iomap's loops.
#include "props/vectors/scripted_answers.h"
#include "ref/cache/accept.h"
#include "ref/linux/iomap/iter.h"
#include "ref/linux/iomap/write_iter.h"
#include "spec/linux/iomap/tapped.h"
#include "spec/vectors/iomap.h"

namespace quire::props {
namespace {

using Number = std::uint64_t;
using Observed = spec::Observed<Number>;

/// The hooks of a vector of the body, whose folios are judged too.
class JudgedIomapHooks : public spec::IomapVectorHooks<Number, ScriptedAnswers> {
 public:
  using Base = spec::IomapVectorHooks<Number, ScriptedAnswers>;
  using Folio = Base::Folio;

  JudgedIomapHooks(
      ScriptedAnswers& words, const spec::IomapVectorStart<Number>& start, Judge& judge)
      : Base(words, start, ref::accept<Number>), judge_(judge) {}

  Folio write_begin(const Number& pos, const Number& want) {
    Folio folio = Base::write_begin(pos, want);
    if (folio.error != 0 || folio.stale != 0) return folio;
    judge_.lock_wanted(kFolioRank, folio.folio_pos);
    judge_.lock_taken(kFolioRank, folio.folio_pos);
    return folio;
  }

  Number write_end(Folio& folio, const Number& pos, const Number& n, const Number& copied) {
    const Number counted = Base::write_end(folio, pos, n, copied);
    judge_write_end(judge_, folio, folio.begun.uptodate, pos, n, copied, counted);
    dirty_ = counted != 0;
    accepted_ += counted;
    return counted;
  }

  void put_folio(Folio& folio) {
    Base::put_folio(folio);
    judge_.folio_unlock(folio.folio_pos, size(), dirty_);
    judge_.lock_dropped(kFolioRank, folio.folio_pos);
  }

  /// Bytes that counted, added up apart from the loop's own sums.
  Number accepted() const { return accepted_; }

 private:
  static constexpr Number kFolioRank = spec::rank_of<spec::FolioLock>;
  Judge& judge_;
  bool dirty_ = false;
  Number accepted_ = 0;
};
using TappedBody = spec::TappedIomapWrite<Number, JudgedIomapHooks, ToJudge>;

Observed attempt(ScriptedAnswers& words, Judge& judge) {
  const auto start = spec::into_a_file(words, spec::between_attempts<Number>(words));
  spec::IomapBody<Number> body = spec::within_a_mapping(words, start.write.loop);
  JudgedIomapHooks hooks(words, start, judge);
  ToJudge to_judge{judge};
  TappedBody tap(hooks, to_judge, start.nowait);
  tap.attempt_begins(body);
  const bool goes_on = ref::iomap::write_attempt<Number>(body, tap);
  tap.attempt_ends(body, goes_on);
  return {spec::fields_of<Number>(body), hooks.iter().left, goes_on};
}

Observed iteration(ScriptedAnswers& words, Judge& judge) {
  using Body = spec::OutcomeBody<Number, ScriptedAnswers>;
  using Hooks = spec::MappingVectorHooks<Number, ScriptedAnswers, Body>;
  spec::IomapState<Number> iter = spec::between_iterations<Number>(words);
  Hooks hooks(words, Body{words});
  ToJudge to_judge{judge};
  spec::TappedIomap<Number, Hooks, ToJudge> tap(hooks, to_judge);
  tap.iteration_begins(iter);
  const bool goes_on = ref::iomap::iterate_once<Number>(iter, tap);
  tap.iteration_ends(iter, goes_on);
  return {spec::fields_of<Number>(iter), iter.left, goes_on};
}

Observed iomap_call(ScriptedAnswers& words, Judge& judge) {
  const auto start = spec::into_a_file(words, spec::before_a_call<Number>(words));
  const auto chunk_max = spec::chunk_max<Number>(words);
  const Number pos = start.write.loop.pos, total = start.write.total;
  JudgedIomapHooks hooks(words, start, judge);
  ToJudge to_judge{judge};
  TappedBody tapped_body(hooks, to_judge, start.nowait);
  const auto body = [&](Number from, Number length) {
    return ref::iomap::write_iter<Number>(tapped_body, from, from + length, chunk_max);
  };
  using Mappings = spec::MappingVectorHooks<Number, ScriptedAnswers, decltype(body)>;
  Mappings mappings(words, body);
  spec::TappedIomap<Number, Mappings, ToJudge> tap(mappings, to_judge);
  const auto last = ref::iomap::iterate<Number>(tap, pos, total);
  const Number answer = ref::iomap::answer<Number>(last, pos);
  judge.step(spec::IomapWrite<Number>{
      pos, total, start.nowait, hooks.accepted(), last.status, answer, hooks.iter().left,
      start.size, hooks.size()});
  return {spec::fields_of<Number>(last), hooks.iter().left, answer};
}

}  // namespace

Observed run_iomap(const Vector& vector, ScriptedAnswers& words, Judge& judge) {
  if (vector.run == "ref.iomap_attempt") return attempt(words, judge);
  if (vector.run == "ref.iomap_iteration") return iteration(words, judge);
  if (vector.run == "ref.iomap_call") return iomap_call(words, judge);
  no_such_run(vector);
}

}  // namespace quire::props
