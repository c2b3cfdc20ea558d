// The errors of a file's writeback, kept until each descriptor has seen them.
#pragma once

#include "ref/cache/errseq.h"
#include "spec/linux/errseq.h"
#include "spec/linux/legacy_errors.h"
#include "spec/recorder.h"

#include <cstdint>

namespace quire::ref {

/// A descriptor's position in a word of errors.
struct ErrorCursor {
  std::uint64_t descriptor = 0;  ///< its number among the word's; for the recorder
  std::uint64_t since = 0;       ///< the value of the word that it saw last
};

/// A word of errors that reports each of its steps.
class NotedErrSeq {
 public:
  /// recorder: may be null. key: the file's number, or kVolumeErrors.
  NotedErrSeq(spec::Recorder* recorder, std::uint64_t key) : recorder_(recorder), key_(key) {}

  void set(int error);
  ErrorCursor open();
  int check_and_advance(ErrorCursor& cursor);

  /// States that a waiter without a descriptor has asked while the word was `before`.
  void note_bystander(std::uint64_t before) const;

  std::uint64_t value() const { return word_.value(); }

 private:
  void note(spec::ErrorEvent event) const;

  spec::Recorder* recorder_;
  std::uint64_t key_;
  ErrSeq word_;
  std::uint64_t opened_ = 0;
};

/// The key of the volume's own word; no file has this number.
inline constexpr std::uint64_t kVolumeErrors = ~std::uint64_t{0};

/// The errors of one file (Linux: the wb_err and the flags AS_EIO and AS_ENOSPC of its
/// address_space). Errors are negative errno.
class MappingErrors {
 public:
  /// volume: the word that errors of all files go to as well; must outlive this.
  MappingErrors(NotedErrSeq& volume, spec::Recorder* recorder, std::uint64_t file_number)
      : volume_(volume), recorder_(recorder), own_(recorder, file_number) {}

  /// Records an error of writeback in the file's word, the volume's, and the flags; 0 is none
  /// (Linux: mapping_set_error).
  void set(int error);

  /// The cursor of a descriptor that is opened now.
  ErrorCursor open() { return own_.open(); }
  /// The file's own word.
  std::uint64_t value() const { return own_.value(); }

  /// 0, or an error that the descriptor has not seen: it sees each once (ES-1, ES-2). Clears the
  /// flags (Linux: file_check_and_advance_wb_err).
  int check_and_advance(ErrorCursor& cursor);

  /// The error of the flags, for a waiter without a descriptor. Clears them, and leaves the word as
  /// it is (ES-6; Linux: filemap_check_errors).
  int check_and_clear();

  /// The same for sync(2), which leaves the flags as well (ES-6).
  int check_and_keep();

 private:
  /// Answers the error of the flags, and sets them to flags_after.
  int ask_flags(spec::LegacyAction action, std::uint64_t flags_after);
  void note(spec::LegacyAction action, int error, int answer, std::uint64_t before) const;

  NotedErrSeq& volume_;
  spec::Recorder* recorder_;
  NotedErrSeq own_;
  std::uint64_t flags_ = 0;  ///< spec::kLegacyEio, spec::kLegacyEnospc
};

}  // namespace quire::ref
