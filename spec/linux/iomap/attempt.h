// One attempt of iomap's write body: the rules of the write loop, and those of the mapping.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"
#include "spec/write/write_loop.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

/// The state of a write's body within its mapping.
template <class W>
struct IomapBody {
  BOOST_HANA_DEFINE_STRUCT(IomapBody,
    (LoopState<W>, loop),  // written: bytes accepted under this mapping
    (W, map_end),          // first byte of the file that the body must not touch
    (W, stale)             // 1: the mapping was found stale; the body has ended
  );
};

template <class W>
struct IomapAttempt {
  BOOST_HANA_DEFINE_STRUCT(IomapAttempt,
    (Attempt<W>, loop),  // left_before, left_after: of the whole iterator
    (W, map_end),        // first byte of the file that the body must not touch
    (W, nowait),         // 1: it must not wait
    (W, stale),          // 1: the mapping was found stale
    (W, size_before),    // the file's in-core size, bytes
    (W, size_after)
  );
};

/// A rule of the write loop that iomap's keeps as well (IOM-1).
template <class Formula>
constexpr auto kept(const Clause<Formula>& rule) {
  ClauseText text = rule.text;
  text.operation = "iomap_attempt";
  return clause(text, [rule]<class W>(const IomapAttempt<W>& a) { return rule.holds(a.loop); });
}

inline constexpr auto accepts_all_or_nothing = clause(
    {.operation = "iomap_attempt",
     .name = "accepts_all_or_nothing",
     .says = "write_end accepts all copied bytes or none.",
     .source = "IOM-1, 3.4"},
    []<class W>(const IomapAttempt<W>& a) {
      return a.loop.accepted == 0 || a.loop.accepted == a.loop.copied;
    });

inline constexpr auto stays_in_its_mapping = clause(
    {.operation = "iomap_attempt",
     .name = "stays_in_its_mapping",
     .says = "An attempt never crosses the end of its mapping or of its source.",
     .source = "IOM-3"},
    []<class W>(const IomapAttempt<W>& a) {
      return a.loop.before.pos < a.map_end && a.loop.want <= a.map_end - a.loop.before.pos;
    });

inline constexpr auto faults_in_before_it_begins = clause(
    {.operation = "iomap_attempt",
     .name = "faults_in_before_it_begins",
     .says = "write_begin is called only after a fault-in of the same range has made its first "
             "byte readable.",
     .source = "3.2 step 3, GPW-8"},
    []<class W>(const IomapAttempt<W>& a) {
      return implies(
          a.loop.want != 0, a.loop.asked_in == a.loop.want && a.loop.unreadable < a.loop.asked_in);
    });

inline constexpr auto stale_mapping_ends_the_body = clause(
    {.operation = "iomap_attempt",
     .name = "stale_mapping_ends_the_body",
     .says = "If the mapping is stale, no byte is copied or accepted, and the body ends without an "
             "error.",
     .source = "IOM-2, 3.2 step 5"},
    []<class W>(const IomapAttempt<W>& a) {
      return implies(
          a.stale != 0, a.loop.prepared == 0 && a.loop.copied == 0 && a.loop.accepted == 0 &&
                            a.loop.goes_on == 0 && a.loop.after.status == 0);
    });

inline constexpr auto attempt_follows_while_mapped_bytes_are_left = clause(
    {.operation = "iomap_attempt",
     .name = "attempt_follows_while_mapped_bytes_are_left",
     .says = "The body ends at an error, a stale mapping, an empty iterator or the end of its "
             "mapping, and nowhere else.",
     .source = "3.2, section 0"},
    []<class W>(const IomapAttempt<W>& a) {
      return iff(
          a.loop.goes_on != 0, a.loop.after.status == 0 && a.stale == 0 && a.loop.left_after != 0 &&
                                   a.loop.after.pos < a.map_end);
    });

inline constexpr auto would_wait_accepts_nothing = clause(
    {.operation = "iomap_attempt",
     .name = "would_wait_accepts_nothing",
     .says = "Only a write that must not wait ends an attempt with EAGAIN; that attempt accepts "
             "nothing and leaves the size.",
     .source = "IOM-6, IOM-7"},
    []<class W>(const IomapAttempt<W>& a) {
      return implies(
          a.loop.after.status == error(EAGAIN),
          a.nowait != 0 && a.loop.accepted == 0 && a.size_after == a.size_before);
    });

inline constexpr auto size_grows_with_what_is_accepted = clause(
    {.operation = "iomap_attempt",
     .name = "size_grows_with_what_is_accepted",
     .says = "The size rises to the end of the accepted bytes, and never changes otherwise.",
     .source = "IOM-4"},
    []<class W>(const IomapAttempt<W>& a) {
      const W end = a.loop.before.pos + a.loop.accepted;
      return a.size_after == ite(a.loop.accepted == 0, a.size_before, max(a.size_before, end));
    });

inline constexpr auto iomap_attempt_clauses = boost::hana::make_tuple(
    kept(byte_ledger), kept(failed_end_consumes_nothing), kept(accepts_what_was_copied),
    kept(stays_in_its_window), kept(chunk_only_shrinks), kept(chunk_halves_on_rejection),
    kept(retry_is_what_was_copied), kept(wants_no_more_than_the_retry),
    kept(rejected_copies_shrink), kept(efault_only_at_the_first_byte), accepts_all_or_nothing,
    stays_in_its_mapping, faults_in_before_it_begins, stale_mapping_ends_the_body,
    attempt_follows_while_mapped_bytes_are_left, would_wait_accepts_nothing,
    size_grows_with_what_is_accepted);

template <class W>
constexpr const auto& clauses_of(const IomapAttempt<W>&) {
  return iomap_attempt_clauses;
}

}  // namespace quire::spec
