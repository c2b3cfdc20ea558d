// Errors of writeback: who is told of them, and how often.
//
// Writeback fails after the write that it is for was answered. Its error is kept in a word of the
// file (Linux: errseq_t), and each descriptor has a cursor into it: every fsync of a descriptor
// learns what was recorded since the descriptor was opened or last told, exactly once. The clauses
// hold the steps of such a word to an automaton with ghost state, which knows who is owed what.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cstdint>
#include <map>
#include <utility>

namespace quire::spec {

/// What is done with a word of errors.
enum class ErrorAction : std::uint64_t {
  set,       ///< writeback failed
  open,      ///< a descriptor gets its cursor
  tell,      ///< a descriptor's fsync asks, and is told
  peek,      ///< a descriptor asks, and is not counted as told
  bystander  ///< a waiter without a descriptor asks: sync(2), truncate
};

/// The bits of a word that say which error it was.
inline constexpr std::uint64_t kErrnoBits = 0xfff;

/// So many told errors bring a word's counter back to where it was: it has 19 bits.
inline constexpr std::uint64_t kErrorRounds = std::uint64_t{1} << 19;

/// One step of a word of errors, and what the automaton knew before it.
template <class W>
struct ErrorStep {
  BOOST_HANA_DEFINE_STRUCT(ErrorStep,
    (W, action),      // an ErrorAction
    (W, error),       // set: the positive errno that is to be recorded; else 0
    (W, answer),      // tell, peek: 0 or a negative errno; open: the cursor; else 0
    (W, word),        // the word before
    (W, word_after),  // and after the step
    (W, last),        // ghost: the errno recorded last; 0: none ever
    (W, unseen),      // ghost, 1: no descriptor was told of it
    (W, owed),        // ghost, 1: something was recorded that this descriptor was not told of
    (W, rounds)       // ghost: how often since this descriptor's cursor a told error was followed
  );
};

/// Whether the step is `action`.
template <Word W>
TruthOf<W> is(const ErrorStep<W>& step, ErrorAction action) {
  return step.action == static_cast<std::uint64_t>(action);
}

/// Whether the step records an error: 0 and what is no errno are refused.
template <Word W>
TruthOf<W> records(const ErrorStep<W>& step) {
  return is(step, ErrorAction::set) && step.error != 0 && step.error <= kErrorsMax;
}

inline constexpr auto every_descriptor_is_told = clause(
    {.operation = "errseq",
     .name = "every_descriptor_is_told",
     .says = "An error that was recorded while a descriptor was open is told to its next fsync, "
             "whoever started the writeback and whoever else was told.",
     .source = "ES-1, O8"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          is(step, ErrorAction::tell) && step.owed == 1 && step.rounds < kErrorRounds,
          step.answer == W{0} - step.last);
    });

inline constexpr auto is_told_once = clause(
    {.operation = "errseq",
     .name = "is_told_once",
     .says = "A descriptor that was told is told nothing until another error is recorded.",
     .source = "ES-1, ES-2"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          (is(step, ErrorAction::tell) || is(step, ErrorAction::peek)) && step.owed == 0,
          step.answer == 0);
    });

inline constexpr auto opener_learns_what_nobody_saw = clause(
    {.operation = "errseq",
     .name = "opener_learns_what_nobody_saw",
     .says =
         "A new descriptor's cursor lies behind an error that nobody was told of, and behind no "
         "other.",
     .source = "ES-3"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(is(step, ErrorAction::open), iff(step.unseen == 1, step.answer != step.word));
    });

inline constexpr auto starts_without_error = clause(
    {.operation = "errseq",
     .name = "starts_without_error",
     .says = "The word of a file that never had an error is 0.",
     .source = "ES-4"},
    []<class W>(const ErrorStep<W>& step) { return implies(step.last == 0, step.word == 0); });

inline constexpr auto last_errno_wins = clause(
    {.operation = "errseq",
     .name = "last_errno_wins",
     .says = "The word names the error recorded last; recording again what nobody has seen changes "
             "nothing.",
     .source = "ES-5"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(records(step), (step.word_after & kErrnoBits) == step.error) &&
             implies(
                 records(step) && step.unseen == 1 && step.error == step.last,
                 step.word_after == step.word);
    });

inline constexpr auto what_is_no_error_is_refused = clause(
    {.operation = "errseq",
     .name = "what_is_no_error_is_refused",
     .says = "Recording 0, or a number that is no errno, changes nothing.",
     .source = "8, ES-5"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(is(step, ErrorAction::set) && !records(step), step.word_after == step.word);
    });

inline constexpr auto bystanders_consume_nothing = clause(
    {.operation = "errseq",
     .name = "bystanders_consume_nothing",
     .says =
         "The word is as it was after a waiter without a descriptor has asked, a descriptor was "
         "opened or one has only looked.",
     .source = "ES-6"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          is(step, ErrorAction::bystander) || is(step, ErrorAction::open) ||
              is(step, ErrorAction::peek),
          step.word_after == step.word);
    });

inline constexpr auto only_a_full_turn_hides = clause(
    {.operation = "errseq",
     .name = "only_a_full_turn_hides",
     .says =
         "A descriptor misses an error only if the counter has made whole turns, 2^19 told errors "
         "each, since its cursor.",
     .source = "ES-7"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          is(step, ErrorAction::tell) && step.owed == 1 && step.answer == 0,
          step.rounds != 0 && (step.rounds & (kErrorRounds - 1)) == 0);
    });

inline constexpr auto error_clauses = boost::hana::make_tuple(
    every_descriptor_is_told, is_told_once, opener_learns_what_nobody_saw, starts_without_error,
    last_errno_wins, what_is_no_error_is_refused, bystanders_consume_nothing,
    only_a_full_turn_hides);

/// What the automaton knows after a step: of the word, and of the descriptor `owed` and `rounds`
/// speak of. A step of another descriptor moves these two only if it records an error.
template <Word W>
ErrorStep<W> after(const ErrorStep<W>& step) {
  const W none{0};
  const W one{1};
  const auto recorded = records(step);
  const auto told = is(step, ErrorAction::tell);
  const auto opened = is(step, ErrorAction::open);
  const auto follows_a_told_one = recorded && step.last != 0 && step.unseen == 0;
  ErrorStep<W> next = step;
  next.word = step.word_after;
  next.last = ite(recorded, step.error, step.last);
  next.unseen = ite(recorded, one, ite(told && step.owed == 1, none, step.unseen));
  next.owed = ite(recorded, one, ite(told, none, ite(opened, step.unseen, step.owed)));
  next.rounds = ite(told || opened, none, ite(follows_a_told_one, step.rounds + 1, step.rounds));
  return next;
}

/// One step of one word, as the running code reports it.
struct ErrorEvent {
  ErrorAction action = ErrorAction::set;
  std::uint64_t file = 0;        ///< whose word; a number of the reporter's choice
  std::uint64_t descriptor = 0;  ///< for open, tell, peek: which one; unique within the file
  std::uint64_t error = 0;       ///< as in ErrorStep, and so on
  std::uint64_t answer = 0;
  std::uint64_t word = 0;
  std::uint64_t word_after = 0;
};

/// The automaton: who is owed what, of any number of words and descriptors (O8).
class ErrorDelivery {
 public:
  using Step = ErrorStep<std::uint64_t>;

  /// The record of the event, to be judged by error_clauses.
  Step sees(const ErrorEvent& event) {
    File& file = files_[event.file];
    Step step{
        static_cast<std::uint64_t>(event.action),
        event.error,
        event.answer,
        event.word,
        event.word_after,
        file.last,
        file.unseen,
        0,
        0};
    for (auto& [descriptor, cursor] : file.cursors) {
      if (event.action == ErrorAction::set) cursor = cursor_after(step, cursor);
    }
    if (event.action != ErrorAction::set && event.action != ErrorAction::bystander) {
      Cursor& cursor = file.cursors[event.descriptor];
      step.owed = cursor.owed;
      step.rounds = cursor.rounds;
      cursor = cursor_after(step, cursor);
    }
    const Step next = after(step);
    file.last = next.last;
    file.unseen = next.unseen;
    return step;
  }

 private:
  struct Cursor {
    std::uint64_t owed = 0;
    std::uint64_t rounds = 0;
  };
  struct File {
    std::uint64_t last = 0;
    std::uint64_t unseen = 0;
    std::map<std::uint64_t, Cursor> cursors;  ///< by descriptor
  };

  static Cursor cursor_after(Step step, const Cursor& cursor) {
    step.owed = cursor.owed;
    step.rounds = cursor.rounds;
    const Step next = after(step);
    return {next.owed, next.rounds};
  }

  std::map<std::uint64_t, File> files_;
};

}  // namespace quire::spec
