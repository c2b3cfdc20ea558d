#include "props/vectors/run_vector.h"

#include "impl/accept.h"
#include "impl/write_loop.h"
#include "props/judge/judge.h"
#include "ref/accept.h"
#include "ref/write_loop.h"
#include "spec/reflect.h"
#include "spec/tapped.h"
#include "spec/vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// The loop has gone where the vector does not tell what it meets.
struct LeftTheWorld {};

/// The words of a vector.
class ToldWords {
 public:
  explicit ToldWords(const Vector& vector) : world_(vector.world) {}

  Number word(const std::string& name, unsigned) {
    const auto found = world_.find(name);
    const std::size_t at = met_[name]++;
    if (found == world_.end() || found->second.size() <= at) throw LeftTheWorld{};
    return found->second[at];
  }
  template <class Make>
  Number word(const std::string& name, unsigned bits, const char* why, Make&& real) {
    const Number told = word(name, bits);
    if (told != real()) unreal_.insert(why);
    return told;
  }
  void suppose(bool holds) {
    if (!holds) throw LeftTheWorld{};
  }
  template <class Make>
  void prefer(Make&&) {}
  template <class Make>
  void real(Make&& make) {
    make([this](const char* why, bool holds) {
      if (!holds) unreal_.insert(why);
    });
  }
  void attempt_begins() {
    if (++attempts_ > kAttemptsMax) throw LeftTheWorld{};
  }
  const std::set<std::string>& unreal() const { return unreal_; }

 private:
  static constexpr int kAttemptsMax = 100;  // more than a vector has; a broken loop may not end

  const std::map<std::string, std::vector<Number>>& world_;
  std::map<std::string, std::size_t> met_;
  int attempts_ = 0;
  std::set<std::string> unreal_;
};

/// The hooks of a vector, whose folios are judged too. A range is taken to be one block.
template <std::size_t folios>
class JudgedHooks : public spec::VectorHooks<Number, ToldWords, folios> {
 public:
  using Base = spec::VectorHooks<Number, ToldWords, folios>;
  using Folio = typename Base::Folio;

  JudgedHooks(
      ToldWords& words, const spec::VectorStart<Number>& start, spec::Accept<Number> accept,
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
    const Number room = folio.end - folio.folio_pos;
    if (!spec::is_error(status)) {
      const bool counts = status != 0;
      judge_.write_end(
          {folio.folio_pos,
           room,
           pos,
           std::min(folio.end - pos, length),
           length,
           copied,
           status,
           folio.uptodate,
           folio.uptodate || (status == length && length == room),
           folio.uptodate || (status == length && length == room),
           counts,
           pos,
           length,
           {folio.uptodate, 0},
           {folio.uptodate || status == length, counts}});
    }
    judge_.lock_dropped(kFolioRank, pos);
    return status;
  }

 private:
  static constexpr Number kFolioRank = spec::rank_of<spec::FolioLock>;
  Judge& judge_;
};

/// Passes on what the tap sees.
struct ToJudge {
  Judge& judge;
  void attempt(const spec::Attempt<Number>& a) { judge.attempt(a); }
  void step(const spec::Step& step) { judge.step(step); }
  void lock_wanted(Number rank, Number key) { judge.lock_wanted(rank, key); }
  bool wants_stop() { return false; }
};

/// What came of a run.
struct Outcome {
  std::vector<std::string> asked;
  bool ended =
      false;  ///< it went nowhere that the vector does not tell of; else only `asked` counts
  spec::LoopState<Number> after{};
  Number left = 0, answer = 0;
  std::set<std::string> unreal;
  std::optional<spec::VectorPages<Number>> pages;
};

std::vector<std::string> texts_of(const std::vector<spec::HookCall<Number>>& asked) {
  std::vector<std::string> texts;
  for (const auto& each : asked) {
    std::string text = each.what;
    for (const Number word : each.words)
      text += fmt::format(" {}", static_cast<std::int64_t>(word));
    texts.push_back(std::move(text));
  }
  return texts;
}

/// Runs one pass, or a whole call; `loop` says which text.
template <std::size_t folios, class Loop>
Outcome run(const Vector& vector, bool call, Judge& judge) {
  ToldWords words{vector};
  Outcome outcome;
  try {
    const auto start =
        call ? spec::before_a_call<Number>(words) : spec::between_attempts<Number>(words);
    JudgedHooks<folios> hooks{words, start, Loop::accept, judge};
    ToJudge to_judge{judge};
    spec::Tapped<Number, JudgedHooks<folios>, ToJudge> tap{hooks, to_judge};
    outcome.after = start.loop;
    try {
      if (call) {
        outcome.answer = Loop::call(outcome.after, tap, start.loop.pos);
        judge.loop_call(
            {start.loop.pos, start.total, outcome.after, hooks.iter().left, outcome.answer,
             start.loop.pos + (spec::is_error(outcome.answer) ? 0 : outcome.answer)});
      } else {
        tap.attempt_begins(outcome.after);
        outcome.answer = Loop::pass(outcome.after, tap) ? 1 : 0;
        tap.attempt_ends(outcome.after, outcome.answer == 1);
      }
      outcome.ended = true;
    } catch (const LeftTheWorld&) {
    }
    outcome.left = hooks.iter().left;
    outcome.asked = texts_of(hooks.asked());
    outcome.pages = hooks.pages();
  } catch (const LeftTheWorld&) {
  }
  outcome.unreal = words.unreal();
  return outcome;
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
  static bool pass(auto& loop, auto& hooks) { return impl::trip<Number>(loop, hooks); }
  static Number call(auto& last, auto& hooks, Number pos) {
    return impl::perform_write<Number>(last, hooks, pos);
  }
};

Outcome run(const Vector& vector, Judge& judge) {
  const bool call = vector.run.ends_with(".call");
  if (vector.run == "ref.attempt" || vector.run == "ref.call") {
    return run<1, Ref>(vector, call, judge);
  }
  if (vector.run == "impl.trip" || vector.run == "impl.call") {
    switch (vector.folios) {
      case 1: return run<1, Impl>(vector, call, judge);
      case 2: return run<2, Impl>(vector, call, judge);
      case 3: return run<3, Impl>(vector, call, judge);
      case 4: return run<4, Impl>(vector, call, judge);
      default: break;
    }
  }
  throw std::invalid_argument{
      fmt::format("no run is called {} over {} folios", vector.run, vector.folios)};
}

/// What is not as it was when the vector was made: expected, actual.
std::optional<std::pair<std::string, std::string>> difference(
    const Vector& vector, const Outcome& outcome) {
  const auto [wanted, got] = std::ranges::mismatch(vector.asks, outcome.asked);
  if (wanted != vector.asks.end() || got != outcome.asked.end()) {
    return std::pair{
        wanted == vector.asks.end() ? "no further question" : *wanted,
        got == outcome.asked.end() ? "no further question" : *got};
  }
  if (!outcome.ended) return std::pair{"an end", "a question that the vector has no answer to"};
  std::optional<std::pair<std::string, std::string>> found;
  const auto compare = [&](const std::string& name, std::int64_t a, Number b) {
    const auto actual = static_cast<std::int64_t>(b);
    if (a == actual || found) return;
    found.emplace(fmt::format("{} = {}", name, a), fmt::format("{} = {}", name, actual));
  };
  spec::for_each_leaf(outcome.after, [&](const std::string& name, Number value) {
    const auto at = vector.after.find(name);
    compare(name, at == vector.after.end() ? 0 : at->second, value);
  });
  compare("left", vector.left, outcome.left);
  compare("answer", vector.answer, outcome.answer);
  return found;
}

}  // namespace

std::optional<Failure> run_vector(const Vector& vector) {
  const std::string subject = vector.run.substr(0, vector.run.find('.'));
  Judge judge{subject, nullptr, nullptr};
  const Outcome outcome = run(vector, judge);
  if (!vector.expects) return judge.failure();
  const auto different = difference(vector, outcome);
  if (!different) return judge.failure();
  if (judge.failure()) return judge.failure();
  return Failure{
      "A pass of a write loop asks and answers as it did when its vector was made.",
      "GPW, proofs/vectors.cpp", subject, different->first, different->second};
}

Told told_by(const Vector& vector) {
  Witness witness{vector.run, nullptr, nullptr};
  const Outcome outcome = run(vector, witness);
  if (!outcome.ended) return {};
  const spec::VectorPages<Number>& pages = *outcome.pages;
  Told told{true, outcome.unreal, {}, {}, {}, witness.steps()};
  for (Number i = 0; i < 64; ++i) {
    const Number page = (pages.first() + i) * spec::kPageSize;
    if ((pages.written() >> i & 1) != 0) told.written.push_back(page);
    if ((pages.taken() >> i & 1) != 0) told.taken.push_back(page);
  }
  if (pages.ran_out()) told.blocks = pages.granted();
  return told;
}

}  // namespace quire::props
