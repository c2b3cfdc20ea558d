// The error words of ref/ and impl/: any sequence of steps by any descriptors.
//
// A step from any state in which word, cursors and the automaton's ghosts (spec/linux/errseq.h)
// agree keeps every clause and ends in such a state. One descriptor acts and one is passive. A step
// affects all passive ones alike, so that two stand for any number.
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
  static constexpr bool ignores_invalid = true;  // a number that is no errno
  static Bits set(const Bits& word, const Bits& error) { return ref::errseq_set(word, error); }
  static Bits open(const Bits& word) { return ref::errseq_sample(word); }
  static Bits check(const Bits& word, const Bits& since) { return ref::errseq_check(word, since); }
  static Bits advance(const Bits& word, const Bits& since) {
    return ref::errseq_advance(word, since);
  }
};

/// impl's: 64 bits, 51 of them the counter's. It receives errnos only.
struct ImplWord {
  static constexpr const char* name = "impl";
  static constexpr std::uint64_t counter = ~std::uint64_t{0x1fff};
  static constexpr bool ignores_invalid = false;
  static Bits set(const Bits& word, const Bits& error) { return impl::errseq_next(word, error); }
  static Bits open(const Bits& word) { return impl::errseq_cursor(word); }
  static Bits check(const Bits& word, const Bits& since) {
    return ite(word == since, Bits{0}, Bits{0} - (word & impl::kErrseqErrno));
  }
  static Bits advance(const Bits& word, const Bits& since) {
    return ite(word == since, word, impl::errseq_seen(word));
  }
};

constexpr std::uint64_t kSeen = ref::kErrseqSeen, kErrno = ref::kErrseqErrno;
static_assert(kSeen == impl::kErrseqSeen && kErrno == impl::kErrseqErrno);

/// A descriptor: its cursor, and its ghosts.
struct Descriptor {
  Bits cursor, owed, rounds;
};

Descriptor any_descriptor(Explorer& e) {
  return {e.fresh("cursor"), e.fresh("owed", 1), e.fresh("rounds", 63)};
}

/// Word and ghosts agree.
Truth agrees(const Bits& word, const Bits& last, const Bits& unseen) {
  return last == (word & kErrno) && iff(last == 0, word == 0) &&
         iff(unseen == 1, last != 0 && (word & kSeen) == 0) && unseen <= 1;
}

/// Descriptor and word agree: the cursor of a descriptor without an error to report is the word;
/// otherwise the counter has grown by one for each error recorded after a seen one.
template <class Word>
Truth agrees(const Descriptor& d, const Bits& word, const Bits& last, const Bits& unseen) {
  const Bits moved = (d.cursor & Word::counter) + lsh(d.rounds, Bits{impl::kErrseqNumberAt});
  return (d.cursor == 0 || ((d.cursor & kSeen) != 0 && (d.cursor & kErrno) != 0)) &&
         (d.cursor & ~(Word::counter | kSeen | kErrno)) == 0 && d.owed <= 1 &&
         implies(d.owed == 0, d.cursor == word && d.rounds == 0 && unseen == 0) &&
         implies(
             d.owed == 1,
             last != 0 && (d.cursor == 0 ||
                           (d.rounds != 0 && (moved & Word::counter) == (word & Word::counter))));
}

template <class Word>
void delivers(Explorer& e) {
  const Bits word = e.fresh("word"), last = e.fresh("last", 12), unseen = e.fresh("unseen", 1);
  Descriptor acts = any_descriptor(e), passive = any_descriptor(e);
  e.assume(
      "A word has its three parts and no other bits.",
      (word & ~(Word::counter | kSeen | kErrno)) == 0);
  e.assume("Word and ghosts agree.", agrees(word, last, unseen));
  e.assume("The acting descriptor agrees with them.", agrees<Word>(acts, word, last, unseen));
  e.assume("The passive descriptor agrees with them.", agrees<Word>(passive, word, last, unseen));

  Step step{e.fresh("action", 3), 0, 0, word, word, last, unseen, acts.owed, acts.rounds};
  if (is(step, ErrorAction::set)) {
    step.error = e.fresh("error", 13);
    if (!Word::ignores_invalid) {
      e.assume("Only errnos are recorded.", step.error != 0 && step.error <= spec::kErrorsMax);
    }
    step.word_after = Word::set(word, step.error);
    if (e.broken("forgets to count")) step.word_after = (word & Word::counter) | step.error;
  } else if (is(step, ErrorAction::open)) {
    step.answer = Word::open(word);
    if (e.broken("hides an unseen error from openers")) step.answer = word;
    acts.cursor = step.answer;
  } else if (is(step, ErrorAction::check_and_advance)) {
    step.answer = Word::check(word, acts.cursor);
    step.word_after = Word::advance(word, acts.cursor);
    if (e.broken("does not mark the error as seen")) step.word_after = word;
    acts.cursor = step.word_after;
    if (e.broken("leaves the cursor")) acts.cursor = word;
  } else if (is(step, ErrorAction::check)) {
    step.answer = Word::check(word, acts.cursor);
  } else {
    // No operation: a bystander's check, or a word that is no action.
    if (e.broken("lets a bystander consume")) step.word_after = word & ~Bits{kErrno};
  }
  e.claim_all(spec::error_clauses, step);

  const Step next = after(step);
  Step seen = step;
  seen.owed = passive.owed;
  seen.rounds = passive.rounds;
  if (is(step, ErrorAction::set)) {
    passive.owed = after(seen).owed;
    passive.rounds = after(seen).rounds;
  }
  acts.owed = next.owed;
  acts.rounds = next.rounds;
  e.claim("Word and ghosts agree again.", agrees(step.word_after, next.last, next.unseen), step);
  e.claim(
      "The acting descriptor agrees with them again.",
      agrees<Word>(acts, step.word_after, next.last, next.unseen), step);
  e.claim(
      "The passive descriptor agrees with them again.",
      agrees<Word>(passive, step.word_after, next.last, next.unseen), step);
}

template <class Word>
Obligation obligation() {
  return {
      .name = std::string(Word::name) + ".errseq.delivers",
      .tag = "ES-1 to ES-7",
      .subject = Word::name,
      .says = "After any steps each descriptor reports an error recorded since its cursor, once.",
      .bound = "2^63 seen errors between two fsyncs of a descriptor",
      .body = delivers<Word>};
}

}  // namespace

std::vector<Obligation> errseq_obligations() {
  return {obligation<RefWord>(), obligation<ImplWord>()};
}

}  // namespace quire::proofs
