// Writeback that fails: one run of blocks on its way to the device, and a flush of its cache.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cstdint>
#include <map>

namespace quire::spec {

/// One run of blocks in one pass: a single write to the device.
template <class W>
struct RunOutcome {
  BOOST_HANA_DEFINE_STRUCT(RunOutcome,
    (W, blocks),           // of the run
    (W, tries),            // how often it was submitted to the device
    (W, first_result),     // 0 or a negative errno: of the first try,
    (W, result),           //   and of the last
    (W, arrived),          // blocks that count as written
    (W, failed),           // blocks that count as failed
    (W, newly_allocated),  // 1: this pass allocated the blocks
    (W, readable)          // blocks that a read reads from there where they are not cached
  );
};

inline constexpr auto run_counts_as_a_whole = clause(
    {.operation = "run",
     .name = "counts_as_a_whole",
     .says = "Every block of a run counts as written, or every one as failed, by the result of the "
             "run's last try.",
     .source = "WBK-4"},
    []<class W>(const RunOutcome<W>& r) {
      return r.arrived == ite(r.result == 0, r.blocks, W{0}) && r.failed == r.blocks - r.arrived;
    });

inline constexpr auto failed_run_is_tried_once_more = clause(
    {.operation = "run",
     .name = "failed_run_is_tried_once_more",
     .says = "A run is written once, and once more at most if the first try failed.",
     .source = "WBK-4"},
    []<class W>(const RunOutcome<W>& r) {
      return 1 <= r.tries && r.tries <= ite(r.first_result == 0, W{1}, W{2}) &&
             implies(r.tries == 1, r.result == r.first_result);
    });

inline constexpr auto blocks_that_never_arrived_stay_hidden = clause(
    {.operation = "run",
     .name = "blocks_that_never_arrived_stay_hidden",
     .says = "A newly allocated block whose write failed is not read from the device.",
     .source = "WBK-3, WBK-4, O3"},
    []<class W>(const RunOutcome<W>& r) {
      return implies(r.result != 0 && r.newly_allocated == 1, r.readable == 0);
    });

inline constexpr auto run_clauses = boost::hana::make_tuple(
    run_counts_as_a_whole, failed_run_is_tried_once_more, blocks_that_never_arrived_stay_hidden);

template <class W>
constexpr const auto& clauses_of(const RunOutcome<W>&) {
  return run_clauses;
}

/// A flush of the device's cache, and one file of the volume.
template <class W>
struct FlushedFile {
  BOOST_HANA_DEFINE_STRUCT(FlushedFile,
    (W, result),     // of the flush: 0 or a negative errno
    (W, unflushed),  // 1: data of the file arrived since the last flush that succeeded
    (W, recorded)    // 0, or the negative errno that this flush recorded for the file
  );
};

inline constexpr auto failed_flush_reaches_its_files = clause(
    {.operation = "flush",
     .name = "failed_flush_reaches_its_files",
     .says =
         "A failed flush is recorded as an error of each file that had data in the device's cache.",
     .source = "ES-8"},
    []<class W>(const FlushedFile<W>& f) {
      return implies(f.unflushed == 1, f.recorded == f.result);
    });

inline constexpr auto flush_blames_no_other_file = clause(
    {.operation = "flush",
     .name = "flush_blames_no_other_file",
     .says = "A flush records no error for a file that had no data in the device's cache.",
     .source = "ES-8"},
    []<class W>(const FlushedFile<W>& f) { return implies(f.unflushed == 0, f.recorded == 0); });

inline constexpr auto flush_clauses =
    boost::hana::make_tuple(failed_flush_reaches_its_files, flush_blames_no_other_file);

template <class W>
constexpr const auto& clauses_of(const FlushedFile<W>&) {
  return flush_clauses;
}

/// The answer of an fsync of one handle. All are 0 or a negative errno.
template <class W>
struct HandleAnswer {
  BOOST_HANA_DEFINE_STRUCT(HandleAnswer,
    (W, first),  // the first error of its file that this handle has not returned,
    (W, last),   //   and the last
    (W, answer)
  );
};

inline constexpr auto handle_reports_its_errors = clause(
    {.operation = "fsync",
     .name = "handle_reports_its_errors",
     .says = "fsync returns the first or the last error that the file met since the handle's last "
             "fsync.",
     .source = "ES-1, ES-5, ES-8"},
    []<class W>(const HandleAnswer<W>& h) {
      return implies(h.last != 0, h.answer == h.first || h.answer == h.last);
    });

inline constexpr auto handle_reports_once = clause(
    {.operation = "fsync",
     .name = "handle_reports_once",
     .says = "fsync returns 0 if the file met no error since the handle's last fsync.",
     .source = "ES-2, ES-8"},
    []<class W>(const HandleAnswer<W>& h) { return implies(h.last == 0, h.answer == 0); });

inline constexpr auto handle_clauses =
    boost::hana::make_tuple(handle_reports_its_errors, handle_reports_once);

template <class W>
constexpr const auto& clauses_of(const HandleAnswer<W>&) {
  return handle_clauses;
}

/// Which error each handle has still to return, from the device's answers: for a test that sees
/// the code from outside. Files and handles are numbers of the caller's choice; errors are negative
/// errnos.
class FlushDelivery {
 public:
  using Number = std::uint64_t;

  void opened(Number file, Number handle) {
    File& f = files_[file];
    f.handles[handle] = {f.unseen, f.unseen};
  }
  void closed(Number file, Number handle) { files_[file].handles.erase(handle); }

  /// Data of the file has arrived in the device's cache.
  void arrived(Number file) { files_[file].unflushed = true; }

  /// A write of the file's data has failed for good.
  void write_failed(Number file, Number error) { owe(files_[file], error); }

  /// The record of a flush for one file, before flushed(). recorded: as in FlushedFile.
  FlushedFile<Number> flush_of(Number file, Number result, Number recorded) {
    return {result, files_[file].unflushed, recorded};
  }

  /// A flush answered. Data stays unflushed where it failed.
  void flushed(Number result) {
    for (auto& [number, file] : files_) {
      if (!file.unflushed) continue;
      if (result == 0) {
        file.unflushed = false;
      } else {
        owe(file, result);
      }
    }
  }

  /// The record of an fsync that has returned, after the events of the device in it.
  HandleAnswer<Number> fsync_answered(Number file, Number handle, Number answer) {
    File& f = files_[file];
    Owed& owed = f.handles[handle];
    const HandleAnswer<Number> record{owed.first, owed.last, answer};
    if (owed.last != 0) f.unseen = 0;
    owed = {};
    return record;
  }

 private:
  struct Owed {
    Number first = 0, last = 0;
  };
  struct File {
    bool unflushed = false;
    Number unseen = 0;               ///< the last error, if no handle has returned it
    std::map<Number, Owed> handles;  ///< those that are open
  };

  static void owe(File& file, Number error) {
    file.unseen = error;
    for (auto& [handle, owed] : file.handles) {
      if (owed.last == 0) owed.first = error;
      owed.last = error;
    }
  }

  std::map<Number, File> files_;
};

}  // namespace quire::spec
