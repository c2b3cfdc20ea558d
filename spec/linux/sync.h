// A synchronous write: which bytes are synced, when, and what the call returns.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// The end of one write that may have to be synchronous.
template <class W>
struct WriteSync {
  BOOST_HANA_DEFINE_STRUCT(WriteSync,
    (W, dsync),      // 1: handle, call or file ask for it (O_DSYNC, RWF_DSYNC, sync)
    (W, full),       // 1: also metadata that reading does not need (O_SYNC, RWF_SYNC)
    (W, iolock),     // 1: the file's IOLOCK was held
    (W, written),    // the write's result: bytes, or a negative errno
    (W, pos_after),  // byte of the file past the written bytes
    (W, synced),     // 1: the file was synced
    (W, from),       // the range that was, both ends included
    (W, last),
    (W, data_only),  // 1: without that metadata
    (W, error),      // the sync's result: 0 or a negative errno
    (W, result)      // the call's result
  );
};

inline constexpr auto syncs_what_was_written = clause(
    {.operation = "write_sync",
     .name = "syncs_what_was_written",
     .says = "A synchronous write that wrote bytes syncs exactly those bytes, counted back from "
             "where it ended: an append starts at the old end.",
     .source = "SYN-1"},
    []<class W>(const WriteSync<W>& s) {
      const auto wrote = s.written != 0 && !is_error(s.written);
      return iff(s.synced != 0, wrote && s.dsync != 0) &&
             implies(s.synced != 0, s.from == s.pos_after - s.written && s.last == s.pos_after - 1);
    });

inline constexpr auto full_sync_is_asked_for = clause(
    {.operation = "write_sync",
     .name = "full_sync_is_asked_for",
     .says = "Only a full sync also writes metadata that reading the data does not need.",
     .source = "SYN-1"},
    []<class W>(const WriteSync<W>& s) {
      return implies(s.synced != 0, iff(s.data_only != 0, s.full == 0));
    });

inline constexpr auto sync_error_replaces_the_count = clause(
    {.operation = "write_sync",
     .name = "sync_error_replaces_the_count",
     .says = "If the sync fails the call returns its error, though the bytes are in the cache; "
             "otherwise it returns what the write did.",
     .source = "SYN-1"},
    []<class W>(const WriteSync<W>& s) {
      const auto failed = s.synced != 0 && s.error != 0;
      return s.result == ite(failed, s.error, s.written);
    });

inline constexpr auto syncs_without_the_iolock = clause(
    {.operation = "write_sync",
     .name = "syncs_without_the_iolock",
     .says = "The IOLOCK is free while a write is synced.",
     .source = "SYN-2"},
    []<class W>(const WriteSync<W>& s) { return implies(s.synced != 0, s.iolock == 0); });

inline constexpr auto write_sync_clauses = boost::hana::make_tuple(
    syncs_what_was_written, full_sync_is_asked_for, sync_error_replaces_the_count,
    syncs_without_the_iolock);

template <class W>
constexpr const auto& clauses_of(const WriteSync<W>&) {
  return write_sync_clauses;
}

}  // namespace quire::spec
