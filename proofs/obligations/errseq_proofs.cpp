// The words of errors of ref/ and impl/: any sequence of steps by any descriptors.
//
// A step from any state in which word, cursors and the automaton's ghosts (spec/linux/errseq.h)
// agree keeps every clause and ends in such a state. One descriptor acts and one looks on; a step
// is the same to all that look on, so that two stand for any number.
#include "impl/file/errseq_word.h"
#include "proofs/obligations/obligations.h"
#include "ref/cache/errseq.h"
#include "spec/linux/errseq.h"

#include <string>

namespace quire::proofs {
namespace {

using Step = spec::ErrorStep<Bits>;
using spec::ErrorAction;

/// ref's word: 32 bits, of which the counter has 19.
struct RefWord {
  static constexpr const char* name = "ref";
  static constexpr std::uint64_t counter = ref::kErrseqCounter;
  static constexpr bool refuses = true;  // what is no errno
  static Bits set(const Bits& word, const Bits& error) { return ref::errseq_set(word, error); }
  static Bits open(const Bits& word) { return ref::errseq_sample(word); }
  static Bits check(const Bits& word, const Bits& since) { return ref::errseq_check(word, since); }
  static Bits tell(const Bits& word, const Bits& since) { return ref::errseq_advance(word, since); }
};

/// impl's: 64 bits, 51 of them the counter's. It is given errnos only.
struct ImplWord {
  static constexpr const char* name = "impl";
  static constexpr std::uint64_t counter = ~std::uint64_t{0x1fff};
  static constexpr bool refuses = false;
  static Bits set(const Bits& word, const Bits& error) { return impl::errseq_next(word, error); }
  static Bits open(const Bits& word) { return impl::errseq_cursor(word); }
  static Bits check(const Bits& word, const Bits& since) {
    return ite(word == since, Bits{0}, Bits{0} - (word & impl::kErrseqErrno));
  }
  static Bits tell(const Bits& word, const Bits& since) {
    return ite(word == since, word, impl::errseq_seen(word));
  }
};

constexpr std::uint64_t kTold = ref::kErrseqSeen, kErrno = ref::kErrseqErrno;
static_assert(kTold == impl::kErrseqSeen && kErrno == impl::kErrseqErrno);

/// A descriptor: its cursor, and what the automaton knows of it.
struct Descriptor {
  Bits cursor, owed, rounds;
};

Descriptor any_descriptor(Explorer& e) {
  return {e.fresh("cursor"), e.fresh("owed", 1), e.fresh("rounds", 63)};
}

/// Word and ghosts agree.
Truth agrees(const Bits& word, const Bits& last, const Bits& unseen) {
  return last == (word & kErrno) && iff(last == 0, word == 0) &&
         iff(unseen == 1, last != 0 && (word & kTold) == 0) && unseen <= 1;
}

/// So does a descriptor: one that is owed nothing stands at the word; the counter has moved since
/// by as many told errors as were followed by others.
template <class Word>
Truth agrees(const Descriptor& d, const Bits& word, const Bits& last, const Bits& unseen) {
  const Bits moved = (d.cursor & Word::counter) + lsh(d.rounds, Bits{impl::kErrseqNumberAt});
  return (d.cursor == 0 || ((d.cursor & kTold) != 0 && (d.cursor & kErrno) != 0)) &&
         (d.cursor & ~(Word::counter | kTold | kErrno)) == 0 && d.owed <= 1 &&
         implies(d.owed == 0, d.cursor == word && d.rounds == 0 && unseen == 0) &&
         implies(
             d.owed == 1,
             last != 0 && (d.cursor == 0 ||
                           (d.rounds != 0 && (moved & Word::counter) == (word & Word::counter))));
}

template <class Word>
void delivers(Explorer& e) {
  const Bits word = e.fresh("word"), last = e.fresh("last", 12), unseen = e.fresh("unseen", 1);
  Descriptor acts = any_descriptor(e), looks_on = any_descriptor(e);
  e.assume(
      "A word has its three parts and no other bits.",
      (word & ~(Word::counter | kTold | kErrno)) == 0);
  e.assume("Word and ghosts agree.", agrees(word, last, unseen));
  e.assume("So does the descriptor that acts.", agrees<Word>(acts, word, last, unseen));
  e.assume("So does the one that looks on.", agrees<Word>(looks_on, word, last, unseen));

  Step step{e.fresh("action", 3), 0, 0, word, word, last, unseen, acts.owed, acts.rounds};
  if (is(step, ErrorAction::set)) {
    step.error = e.fresh("error", 13);
    if (!Word::refuses) {
      e.assume("Only errnos are recorded.", step.error != 0 && step.error <= spec::kErrorsMax);
    }
    step.word_after = Word::set(word, step.error);
    if (e.broken("forgets to count")) step.word_after = (word & Word::counter) | step.error;
  } else if (is(step, ErrorAction::open)) {
    step.answer = Word::open(word);
    if (e.broken("hides from openers what nobody saw")) step.answer = word;
    acts.cursor = step.answer;
  } else if (is(step, ErrorAction::tell)) {
    step.answer = Word::check(word, acts.cursor);
    step.word_after = Word::tell(word, acts.cursor);
    if (e.broken("does not note that it told")) step.word_after = word;
    acts.cursor = step.word_after;
    if (e.broken("leaves the cursor")) acts.cursor = word;
  } else if (is(step, ErrorAction::peek)) {
    step.answer = Word::check(word, acts.cursor);
  } else {
    // Nothing is done: a bystander's step, or a word that is no action.
    if (e.broken("lets a bystander consume")) step.word_after = word & ~Bits{kErrno};
  }
  e.claim_all(spec::error_clauses, step);

  const Step next = after(step);
  Step seen = step;
  seen.owed = looks_on.owed;
  seen.rounds = looks_on.rounds;
  if (is(step, ErrorAction::set)) {
    looks_on.owed = after(seen).owed;
    looks_on.rounds = after(seen).rounds;
  }
  acts.owed = next.owed;
  acts.rounds = next.rounds;
  e.claim("Word and ghosts agree again.", agrees(step.word_after, next.last, next.unseen), step);
  e.claim(
      "So does the descriptor that acted.",
      agrees<Word>(acts, step.word_after, next.last, next.unseen), step);
  e.claim(
      "And the one that looked on.",
      agrees<Word>(looks_on, step.word_after, next.last, next.unseen), step);
}

template <class Word>
Obligation obligation() {
  return {
      .name = std::string(Word::name) + ".errseq.delivers",
      .tag = "ES-1 to ES-7",
      .subject = Word::name,
      .says = "After any steps of any descriptors each is told of what was recorded, once.",
      .bound = "2^63 told errors between two fsyncs of a descriptor",
      .body = delivers<Word>};
}

}  // namespace

std::vector<Obligation> errseq_obligations() {
  return {obligation<RefWord>(), obligation<ImplWord>()};
}

}  // namespace quire::proofs
