// Vectors of the write loops of ref/ and impl/.
#include "impl/file/accept.h"
#include "impl/file/write_loop.h"
#include "props/vectors/scripted_answers.h"
#include "ref/cache/accept.h"
#include "ref/plain/write_loop.h"
#include "spec/tapped.h"
#include "spec/vectors/vectors.h"

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// The hooks of a vector, whose folios are judged too.
template <std::size_t folios>
class JudgedHooks : public spec::VectorHooks<Number, ScriptedAnswers, folios> {
 public:
  using Base = spec::VectorHooks<Number, ScriptedAnswers, folios>;
  using Folio = typename Base::Folio;

  JudgedHooks(
      ScriptedAnswers& words, const spec::VectorStart<Number>& start, spec::Accept<Number> accept,
      Judge& judge)
      : Base(words, start, accept), judge_(judge) {}

  Folio write_begin(const Number& pos, const Number& want) {
    Folio folio = Base::write_begin(pos, want);
    if (folio.error != 0) return folio;
    judge_.lock_wanted(kFolioRank, pos);
    judge_.lock_taken(kFolioRank, pos);
    return folio;
  }

  Number write_end(Folio& folio, const Number& pos, const Number& length, const Number& copied) {
    const Number status = Base::write_end(folio, pos, length, copied);
    if (!spec::is_error(status)) {
      judge_write_end(judge_, folio, folio.uptodate, pos, length, copied, status);
    }
    judge_.lock_dropped(kFolioRank, pos);
    return status;
  }

 private:
  static constexpr Number kFolioRank = spec::rank_of<spec::FolioLock>;
  Judge& judge_;
};

/// Runs one pass, or a whole call; `Loop` says which text.
template <std::size_t folios, class Loop>
spec::Observed<Number> run(const Vector& vector, ScriptedAnswers& words, Judge& judge) {
  const bool call = vector.run.ends_with(".call");
  const auto start =
      call ? spec::before_a_call<Number>(words) : spec::between_attempts<Number>(words);
  JudgedHooks<folios> hooks{words, start, Loop::accept, judge};
  ToJudge to_judge{judge};
  spec::Tapped<Number, JudgedHooks<folios>, ToJudge> tap{hooks, to_judge};
  spec::LoopState<Number> loop = start.loop;
  Number answer = 0;
  if (call) {
    answer = Loop::call(loop, tap, start.loop.pos);
    judge.loop_call(
        {start.loop.pos, start.total, loop, hooks.iter().left, answer,
         start.loop.pos + (spec::is_error(answer) ? 0 : answer)});
  } else {
    tap.attempt_begins(loop);
    answer = Loop::pass(loop, tap) ? 1 : 0;
    tap.attempt_ends(loop, answer == 1);
  }
  words.pages = hooks.pages();
  return {spec::fields_of<Number>(loop), hooks.iter().left, answer};
}

struct Ref {
  static constexpr spec::Accept<Number> accept = ref::accept<Number>;
  static bool pass(auto& loop, auto& hooks) { return ref::attempt<Number>(loop, hooks); }
  static Number call(auto& last, auto& hooks, Number pos) {
    return ref::generic_perform_write<Number>(hooks, pos, last);
  }
};
struct Impl {
  static constexpr spec::Accept<Number> accept = impl::accept<Number>;
  static bool pass(auto& loop, auto& hooks) { return impl::write_batch<Number>(loop, hooks); }
  static Number call(auto& last, auto& hooks, Number pos) {
    return impl::perform_write<Number>(last, hooks, pos);
  }
};

}  // namespace

spec::Observed<Number> run_write_loop(const Vector& vector, ScriptedAnswers& words, Judge& judge) {
  if (vector.run == "ref.attempt" || vector.run == "ref.call") {
    return run<1, Ref>(vector, words, judge);
  }
  if (vector.run == "impl.batch" || vector.run == "impl.call") {
    switch (vector.folios) {
      case 1: return run<1, Impl>(vector, words, judge);
      case 2: return run<2, Impl>(vector, words, judge);
      case 3: return run<3, Impl>(vector, words, judge);
      case 4: return run<4, Impl>(vector, words, judge);
      default: break;
    }
  }
  no_such_run(vector);
}

}  // namespace quire::props
