// Errors of writeback: each descriptor reports an error once.
//
// Writeback fails after its write has returned. The file keeps the error in a word (Linux:
// errseq_t), and each descriptor has a cursor into that word. fsync on a descriptor returns the
// error recorded since its cursor, and advances the cursor (errseq_check_and_advance). The clauses
// compare each step of a word with an automaton, whose ghost state says which descriptor still has
// an error to report.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cstdint>
#include <map>
#include <utility>

namespace quire::spec {

/// An operation on an error word.
enum class ErrorAction : std::uint64_t {
  set,                ///< writeback failed
  open,               ///< a descriptor gets its cursor
  check_and_advance,  ///< a descriptor's fsync: returns the error, and moves the cursor
  check,              ///< returns a descriptor's error, and leaves its cursor
  bystander           ///< a check without a descriptor: sync(2), truncate
};

/// The bits of a word that say which error it was.
inline constexpr std::uint64_t kErrnoBits = 0xfff;

/// A word's counter has 19 bits. It wraps after this many errors that were each seen.
inline constexpr std::uint64_t kErrorRounds = std::uint64_t{1} << 19;

/// One step of a word of errors, and what the automaton knew before it.
template <class W>
struct ErrorStep {
  BOOST_HANA_DEFINE_STRUCT(ErrorStep,
    (W, action),      // an ErrorAction
    (W, error),       // set: the positive errno that is to be recorded; else 0
    (W, answer),      // of a check: 0 or a negative errno; open: the cursor; bystander, set: 0
    (W, word),        // the word before
    (W, word_after),  // and after the step
    (W, last),        // ghost: the errno recorded last; 0: none ever
    (W, unseen),      // ghost, 1: no descriptor has returned it
    (W, owed),        // ghost, 1: an error was recorded that this descriptor has not returned
    (W, rounds)       // ghost: errors since its cursor, recorded after a seen one
  );
};

/// Whether the step is `action`.
template <Word W>
TruthOf<W> is(const ErrorStep<W>& step, ErrorAction action) {
  return step.action == static_cast<std::uint64_t>(action);
}

/// Whether the step records an error: 0 and a number that is no errno are ignored.
template <Word W>
TruthOf<W> records(const ErrorStep<W>& step) {
  return is(step, ErrorAction::set) && step.error != 0 && step.error <= kErrorsMax;
}

inline constexpr auto every_descriptor_reports_it = clause(
    {.operation = "errseq",
     .name = "every_descriptor_reports_it",
     .says =
         "An error recorded while a descriptor was open is returned by that descriptor's next "
         "fsync, whichever task started the writeback and whichever descriptor returned it before.",
     .source = "ES-1, O8"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          is(step, ErrorAction::check_and_advance) && step.owed == 1 && step.rounds < kErrorRounds,
          step.answer == W{0} - step.last);
    });

inline constexpr auto is_reported_once = clause(
    {.operation = "errseq",
     .name = "is_reported_once",
     .says = "A descriptor that has returned an error returns none until another is recorded.",
     .source = "ES-1, ES-2"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          (is(step, ErrorAction::check_and_advance) || is(step, ErrorAction::check)) &&
              step.owed == 0,
          step.answer == 0);
    });

inline constexpr auto opener_reports_unseen_error = clause(
    {.operation = "errseq",
     .name = "opener_reports_unseen_error",
     .says = "A new descriptor's cursor is behind an error that no descriptor has returned yet, "
             "and behind no other error.",
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
     .says = "The word holds the error recorded last; recording the same error again before a "
             "descriptor has returned it changes nothing.",
     .source = "ES-5"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(records(step), (step.word_after & kErrnoBits) == step.error) &&
             implies(
                 records(step) && step.unseen == 1 && step.error == step.last,
                 step.word_after == step.word);
    });

inline constexpr auto invalid_errno_is_ignored = clause(
    {.operation = "errseq",
     .name = "invalid_errno_is_ignored",
     .says = "Recording 0, or a number that is no errno, changes nothing.",
     .source = "8, ES-5"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(is(step, ErrorAction::set) && !records(step), step.word_after == step.word);
    });

inline constexpr auto bystanders_consume_nothing = clause(
    {.operation = "errseq",
     .name = "bystanders_consume_nothing",
     .says = "A check without a descriptor, an open, and a check that leaves the cursor do not "
             "change the word.",
     .source = "ES-6"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          is(step, ErrorAction::bystander) || is(step, ErrorAction::open) ||
              is(step, ErrorAction::check),
          step.word_after == step.word);
    });

inline constexpr auto only_a_counter_wrap_hides = clause(
    {.operation = "errseq",
     .name = "only_a_counter_wrap_hides",
     .says = "A descriptor misses an error only if the counter has wrapped since its cursor: 2^19 "
             "errors were recorded, each after the one before it had been returned.",
     .source = "ES-7"},
    []<class W>(const ErrorStep<W>& step) {
      return implies(
          is(step, ErrorAction::check_and_advance) && step.owed == 1 && step.answer == 0,
          step.rounds != 0 && (step.rounds & (kErrorRounds - 1)) == 0);
    });

inline constexpr auto error_clauses = boost::hana::make_tuple(
    every_descriptor_reports_it, is_reported_once, opener_reports_unseen_error,
    starts_without_error, last_errno_wins, invalid_errno_is_ignored, bystanders_consume_nothing,
    only_a_counter_wrap_hides);

/// The automaton's state after a step: of the word, and of the descriptor that `owed` and `rounds`
/// are about. A step of another descriptor changes these two only if it records an error.
template <Word W>
ErrorStep<W> after(const ErrorStep<W>& step) {
  const W none{0};
  const W one{1};
  const auto recorded = records(step);
  const auto checked = is(step, ErrorAction::check_and_advance);
  const auto opened = is(step, ErrorAction::open);
  const auto after_a_seen_one = recorded && step.last != 0 && step.unseen == 0;
  ErrorStep<W> next = step;
  next.word = step.word_after;
  next.last = ite(recorded, step.error, step.last);
  next.unseen = ite(recorded, one, ite(checked && step.owed == 1, none, step.unseen));
  next.owed = ite(recorded, one, ite(checked, none, ite(opened, step.unseen, step.owed)));
  next.rounds = ite(checked || opened, none, ite(after_a_seen_one, step.rounds + 1, step.rounds));
  return next;
}

/// One step of one word, as the running code reports it.
struct ErrorEvent {
  ErrorAction action = ErrorAction::set;
  std::uint64_t file = 0;        ///< whose word; a number of the reporter's choice
  std::uint64_t descriptor = 0;  ///< for open and the checks: unique within the file
  std::uint64_t error = 0;       ///< as in ErrorStep, and so on
  std::uint64_t answer = 0;
  std::uint64_t word = 0;
  std::uint64_t word_after = 0;
};

/// The automaton for any number of words and descriptors (O8).
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
