// What the calls to one file of F2FS are to leave behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace quire::props {

using F2fsBytes = std::vector<std::byte>;

/// What refuses calls.
struct F2fsMarks {
  bool pinned = false, immutable = false, released = false, compressed = false;
};

/// A file, as its calls are to answer.
struct F2fsAccount {
  F2fsBytes bytes;
  std::optional<F2fsBytes> original = {};  ///< of an atomic file: before its write
  F2fsMarks marks = {};
  bool clean = true;            ///< the device has all of it
  bool lost = false;            ///< but for what it has lost of an atomic write
  bool unknown = false;         ///< a crash has left other bytes
  bool owes_error = false;      ///< to its next fsync
  bool limited = false;         ///< its owner has a quota
  bool changed = false;         ///< since the last checkpoint
  bool synced_in_vain = false;  ///< fsync has succeeded, without a checkpoint, since it changed
  /// Blocks that it had before its saved ones were released.
  std::optional<std::uint64_t> whole_blocks = {};

  // As the last checkpoint keeps it, an empty file at first: without bytes where some were not on
  // the device.
  std::optional<F2fsBytes> kept = F2fsBytes{};
  F2fsMarks kept_marks = {};
  bool kept_atomic = false;

  /// A call has changed it.
  void change() {
    clean = false;
    changed = true;
    synced_in_vain = false;
    // A pinned file is overwritten where it lies.
    if (kept_marks.pinned || marks.pinned) kept.reset();
  }
  /// Its atomic write ends, which writes it back.
  void end_atomic(F2fsBytes now) {
    bytes = std::move(now);
    original.reset();
    lost = false;
    clean = true;
  }
  /// A checkpoint keeps it.
  void keep() {
    kept_atomic = original.has_value();
    kept_marks = marks;
    kept.reset();
    if (original && !unknown) {
      kept = original;
    } else if (clean && !unknown) {
      kept = bytes;
    }
    changed = false;
  }
  /// After a crash, once the bytes are there again.
  void crash() {
    marks = kept_marks;
    original.reset();
    whole_blocks.reset();
    lost = unknown = changed = synced_in_vain = false;
    clean = true;
  }
};

}  // namespace quire::props
