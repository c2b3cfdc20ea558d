// The outer loop of iomap: begin returns a mapping, the body works in it, end finishes it.
//
// An iteration is one begin with its body and its end. There is a record for one begin, one
// iteration and a whole call. They can be filled from a running loop of ours, or from a trace of
// the kernel's.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>
#include <cstdint>

namespace quire::spec {

/// The kind of an extent of a file, numbered as in Linux.
enum class MappingKind : std::uint64_t { hole, delalloc, mapped, unwritten, inline_data };

template <Word W>
TruthOf<W> is(const W& kind, MappingKind expected) {
  return kind == static_cast<std::uint64_t>(expected);
}

/// One begin that returned a mapping. Positions and lengths are bytes of the file.
template <class W>
struct IomapBegin {
  BOOST_HANA_DEFINE_STRUCT(IomapBegin,
    (W, pos),             // start of the range to map
    (W, length),          // its bytes
    (W, map_pos),         // the mapping that was returned
    (W, map_length),
    (W, kind),            // a MappingKind
    (W, has_device_pos),  // 1: it has a position on the device
    (W, is_new),          // 1: all of it was reserved or allocated by this begin
    (W, is_shared),       // 1: it replaces what other files share
    (W, stale),           // 1: it is stale already
    (W, source_kind),     // a MappingKind: the extent to read where a block is written in part
    (W, source_pos),      // a source that is a hole stands for none
    (W, source_length)
  );
};

inline constexpr auto mapping_covers_the_position = clause(
    {.operation = "iomap_begin",
     .name = "mapping_covers_the_position",
     .says = "A mapping starts at or before the position and ends past it.",
     .source = "ITR-1"},
    []<class W>(const IomapBegin<W>& b) {
      return b.map_pos <= b.pos && b.pos - b.map_pos < b.map_length;
    });

inline constexpr auto mapping_is_not_stale = clause(
    {.operation = "iomap_begin",
     .name = "mapping_is_not_stale",
     .says = "begin never returns a stale mapping.",
     .source = "ITR-1"},
    []<class W>(const IomapBegin<W>& b) { return b.stale == 0; });

inline constexpr auto source_covers_the_position = clause(
    {.operation = "iomap_begin",
     .name = "source_covers_the_position",
     .says = "A source that is not a hole starts at or before the position and ends past it.",
     .source = "ITR-1, 3.1"},
    []<class W>(const IomapBegin<W>& b) {
      return implies(
          !is(b.source_kind, MappingKind::hole),
          b.source_pos <= b.pos && b.pos - b.source_pos < b.source_length);
    });

inline constexpr auto device_pos_fits_the_kind = clause(
    {.operation = "iomap_begin",
     .name = "device_pos_fits_the_kind",
     .says = "Mapped and unwritten extents have a position on the device; holes and delayed "
             "extents have none.",
     .source = "3.1"},
    []<class W>(const IomapBegin<W>& b) {
      const auto allocated = is(b.kind, MappingKind::mapped) || is(b.kind, MappingKind::unwritten);
      const auto unallocated = is(b.kind, MappingKind::hole) || is(b.kind, MappingKind::delalloc);
      return implies(allocated, b.has_device_pos == 1) &&
             implies(unallocated, b.has_device_pos == 0);
    });

inline constexpr auto iomap_begin_clauses = boost::hana::make_tuple(
    mapping_covers_the_position, mapping_is_not_stale, source_covers_the_position,
    device_pos_fits_the_kind);

template <class W>
constexpr const auto& clauses_of(const IomapBegin<W>&) {
  return iomap_begin_clauses;
}

/// The state of the outer loop.
template <class W>
struct IomapState {
  BOOST_HANA_DEFINE_STRUCT(IomapState,
    (W, pos),    // byte of the file where the next iteration starts
    (W, left),   // bytes not yet done
    (W, status)  // 0, or the error that ended the loop
  );
};

/// One iteration, from the state before it to the state after it.
template <class W>
struct IomapIteration {
  BOOST_HANA_DEFINE_STRUCT(IomapIteration,
    (IomapState<W>, before),
    (W, begin_error),  // 0, or begin's error; then there is no body and no end
    (W, map_end),      // first byte of the file past the mapping
    (W, source_end),   // first byte past the source; 2^64 - 1 if there is none
    (W, length),       // bytes that the body was given
    (W, advanced),     // bytes that it did
    (W, body_status),  // 0, or its error
    (W, stale),        // 1: it found the mapping stale
    (W, ends),         // calls of end
    (W, end_pos),      // arguments of end: the start,
    (W, end_length),   //   the bytes that the body was given,
    (W, end_written),  //   the bytes that it did
    (W, end_error),    // 0, or end's error
    (W, goes_on),      // 1: another iteration follows
    (IomapState<W>, after)
  );
};

inline constexpr auto one_end_for_each_begin = clause(
    {.operation = "iomap_iteration",
     .name = "one_end_for_each_begin",
     .says = "A begin that succeeds is followed by exactly one end, a begin that fails by none.",
     .source = "ITR-2"},
    []<class W>(const IomapIteration<W>& t) {
      return t.ends == ite(t.begin_error == 0, W{1}, W{0});
    });

inline constexpr auto end_receives_what_was_done = clause(
    {.operation = "iomap_iteration",
     .name = "end_receives_what_was_done",
     .says = "end receives the range that the body was given, and the number of bytes that it did.",
     .source = "ITR-2"},
    []<class W>(const IomapIteration<W>& t) {
      return implies(
          t.ends != 0,
          t.end_pos == t.before.pos && t.end_length == t.length && t.end_written == t.advanced);
    });

inline constexpr auto end_error_counts_without_progress = clause(
    {.operation = "iomap_iteration",
     .name = "end_error_counts_without_progress",
     .says = "An error of end is the iteration's status only if the body did nothing; otherwise "
             "the body's status counts.",
     .source = "ITR-2"},
    []<class W>(const IomapIteration<W>& t) {
      const auto end_counts = t.end_error != 0 && t.advanced == 0;
      const W of_body = ite(end_counts, t.end_error, t.body_status);
      return t.after.status == ite(t.begin_error != 0, t.begin_error, of_body);
    });

inline constexpr auto body_stays_in_the_mapping = clause(
    {.operation = "iomap_iteration",
     .name = "body_stays_in_the_mapping",
     .says = "The body is given the range up to the end of the mapping or of its source, whichever "
             "comes first, and does no more.",
     .source = "IOM-3, 3.1"},
    []<class W>(const IomapIteration<W>& t) {
      const W room = min(t.map_end, t.source_end) - t.before.pos;
      return implies(t.begin_error == 0, t.length == min(t.before.left, room)) &&
             t.advanced <= t.length;
    });

inline constexpr auto iteration_advances_by_what_was_done = clause(
    {.operation = "iomap_iteration",
     .name = "iteration_advances_by_what_was_done",
     .says = "The position rises, and the bytes left shrink, by the bytes that the body did.",
     .source = "ITR-2, GPW-1"},
    []<class W>(const IomapIteration<W>& t) {
      return t.after.pos == t.before.pos + t.advanced && t.after.left == t.before.left - t.advanced;
    });

inline constexpr auto another_iteration_follows_progress = clause(
    {.operation = "iomap_iteration",
     .name = "another_iteration_follows_progress",
     .says = "Another iteration follows exactly if bytes are left, there is no error, and this one "
             "made progress or found its mapping stale.",
     .source = "ITR-3"},
    []<class W>(const IomapIteration<W>& t) {
      return iff(
          t.goes_on != 0,
          t.after.left != 0 && t.after.status == 0 && (t.advanced != 0 || t.stale != 0));
    });

inline constexpr auto iomap_iteration_clauses = boost::hana::make_tuple(
    one_end_for_each_begin, end_receives_what_was_done, end_error_counts_without_progress,
    body_stays_in_the_mapping, iteration_advances_by_what_was_done,
    another_iteration_follows_progress);

template <class W>
constexpr const auto& clauses_of(const IomapIteration<W>&) {
  return iomap_iteration_clauses;
}

/// One whole buffered write, as its caller sees it.
template <class W>
struct IomapWrite {
  BOOST_HANA_DEFINE_STRUCT(IomapWrite,
    (W, start),        // byte of the file where it began
    (W, total),        // bytes that the iterator had
    (W, nowait),       // 1: it must not wait
    (W, accepted),     // bytes that write_end accepted
    (W, status),       // 0, or the error that ended it
    (W, result),       // a count, or a negative errno
    (W, left),         // bytes that the iterator has now
    (W, size_before),  // the file's in-core size, bytes
    (W, size_after)
  );
};

inline constexpr auto answers_what_was_accepted = clause(
    {.operation = "iomap_write",
     .name = "answers_what_was_accepted",
     .says = "The call returns the count of accepted bytes, whatever ended the write; it returns "
             "the error only if that count is 0.",
     .source = "ITR-4, GPW-2"},
    []<class W>(const IomapWrite<W>& w) {
      return w.result == ite(w.accepted != 0, w.accepted, w.status);
    });

inline constexpr auto error_leaves_the_iterator = clause(
    {.operation = "iomap_write",
     .name = "error_leaves_the_iterator",
     .says = "The iterator advances by the count returned; an error leaves it where it was.",
     .source = "ITR-5"},
    []<class W>(const IomapWrite<W>& w) {
      return w.left == w.total - ite(is_error(w.result), W{0}, w.result);
    });

inline constexpr auto eagain_changes_nothing = clause(
    {.operation = "iomap_write",
     .name = "eagain_changes_nothing",
     .says = "Only a write that must not wait returns EAGAIN, and then no byte was accepted and "
             "the size did not change.",
     .source = "IOM-7"},
    []<class W>(const IomapWrite<W>& w) {
      return implies(
          w.result == error(EAGAIN),
          w.nowait != 0 && w.accepted == 0 && w.size_after == w.size_before);
    });

inline constexpr auto size_is_the_end_of_what_was_written = clause(
    {.operation = "iomap_write",
     .name = "size_is_the_end_of_what_was_written",
     .says = "A write leaves the size, or raises it to the end of its accepted bytes.",
     .source = "IOM-4, WB-6"},
    []<class W>(const IomapWrite<W>& w) {
      const W end = w.start + w.accepted;
      return w.size_after == ite(w.accepted == 0, w.size_before, max(w.size_before, end));
    });

inline constexpr auto iomap_write_clauses = boost::hana::make_tuple(
    answers_what_was_accepted, error_leaves_the_iterator, eagain_changes_nothing,
    size_is_the_end_of_what_was_written);

template <class W>
constexpr const auto& clauses_of(const IomapWrite<W>&) {
  return iomap_write_clauses;
}

}  // namespace quire::spec
