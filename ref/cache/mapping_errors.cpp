// The errors of a file's writeback: the words, the flags, and their records.
#include "ref/cache/mapping_errors.h"

#include <cerrno>

namespace quire::ref {
namespace {

/// A negative errno, or 0, as a word.
std::uint64_t word_of(int error) { return static_cast<std::uint64_t>(std::int64_t{error}); }

}  // namespace

void NotedErrSeq::note(spec::ErrorEvent event) const {
  event.file = key_;
  event.word_after = word_.value();
  if (recorder_ != nullptr) recorder_->error_event(event);
}

void NotedErrSeq::set(int error) {
  const std::uint64_t before = word_.value();
  word_.set(error);
  note({.action = spec::ErrorAction::set, .error = word_of(-error), .word = before});
}

ErrorCursor NotedErrSeq::open() {
  const ErrorCursor cursor{opened_++, word_.sample()};
  note(
      {.action = spec::ErrorAction::open,
       .descriptor = cursor.descriptor,
       .answer = cursor.since,
       .word = word_.value()});
  return cursor;
}

int NotedErrSeq::check_and_advance(ErrorCursor& cursor) {
  const std::uint64_t before = word_.value();
  const int error = word_.check_and_advance(cursor.since);
  note(
      {.action = spec::ErrorAction::check_and_advance,
       .descriptor = cursor.descriptor,
       .answer = word_of(error),
       .word = before});
  return error;
}

void NotedErrSeq::note_bystander(std::uint64_t before) const {
  note({.action = spec::ErrorAction::bystander, .word = before});
}

void MappingErrors::set(int error) {
  if (error == 0) return;
  own_.set(error);
  volume_.set(error);
  const std::uint64_t before = flags_;
  flags_ |= error == -ENOSPC ? spec::kLegacyEnospc : spec::kLegacyEio;
  note(spec::LegacyAction::set, error, 0, before);
}

int MappingErrors::check_and_advance(ErrorCursor& cursor) {
  const int error = own_.check_and_advance(cursor);
  const std::uint64_t before = flags_;
  flags_ = 0;
  note(spec::LegacyAction::clear, 0, 0, before);
  return error;
}

int MappingErrors::check_and_clear() { return ask_flags(spec::LegacyAction::check_and_clear, 0); }

int MappingErrors::check_and_keep() {
  return ask_flags(spec::LegacyAction::check_and_keep, flags_);
}

int MappingErrors::ask_flags(spec::LegacyAction action, std::uint64_t flags_after) {
  const std::uint64_t word = own_.value();
  const std::uint64_t before = flags_;
  int answer = 0;
  if ((before & spec::kLegacyEnospc) != 0) answer = -ENOSPC;
  if ((before & spec::kLegacyEio) != 0) answer = -EIO;
  flags_ = flags_after;
  note(action, 0, answer, before);
  own_.note_bystander(word);
  return answer;
}

void MappingErrors::note(
    spec::LegacyAction action, int error, int answer, std::uint64_t before) const {
  if (recorder_ == nullptr) return;
  recorder_->step(spec::LegacyStep<std::uint64_t>{
      static_cast<std::uint64_t>(action), word_of(-error), word_of(answer), before, flags_});
}

}  // namespace quire::ref
