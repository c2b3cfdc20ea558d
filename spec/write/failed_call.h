// Calls that fail: the changes that they may leave, and the block counts of the volume.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>
#include <cstdint>

namespace quire::spec {

/// The block counts of a volume between two calls.
template <class W>
struct Books {
  BOOST_HANA_DEFINE_STRUCT(Books,
    (W, blocks),    // of the device
    (W, free),      // neither reserved nor allocated
    (W, reserved),  // for dirty blocks
    (W, mapped),    // in the block maps of the files, counted there
    (W, unmapped)   // dirty blocks without a mapping, counted in the folios
  );
};

inline constexpr auto books_add_up = clause(
    {.operation = "books",
     .name = "add_up",
     .says = "Free, reserved and mapped blocks add up to the whole device after every call, also "
             "one that fails.",
     .source = "ACC-1, O4"},
    []<class W>(const Books<W>& b) { return b.free + b.reserved + b.mapped == b.blocks; });

inline constexpr auto reservations_back_dirty_blocks = clause(
    {.operation = "books",
     .name = "reservations_back_dirty_blocks",
     .says = "One block is reserved for each dirty block without a mapping, and no other.",
     .source = "DA-1, ACC-1"},
    []<class W>(const Books<W>& b) { return b.reserved == b.unmapped; });

inline constexpr auto books_clauses =
    boost::hana::make_tuple(books_add_up, reservations_back_dirty_blocks);

template <class W>
constexpr const auto& clauses_of(const Books<W>&) {
  return books_clauses;
}

/// A call on an open file.
enum class FileCall : std::uint64_t { read, write, truncate, fsync, drop_cache };

/// One call of one handle while no other call runs, and the file before and after it.
template <class W>
struct FailedCall {
  BOOST_HANA_DEFINE_STRUCT(FailedCall,
    (W, call),             // a FileCall
    (W, asked_size),       // truncate: the size asked for, bytes; else 0
    (W, result),           // a count, 0, or a negative errno
    (W, size_before),      // bytes
    (W, size_after),
    (W, position_before),  // of the handle
    (W, position_after),
    (W, taken_before),     // blocks of the volume that are reserved or mapped
    (W, taken_after),
    (W, bytes_changed),    // 1: a byte below both sizes reads differently than before
    (W, old_bytes),        // 1: a byte past the end is not zero once the file is grown over it
    (W, next_result)       // of the same call repeated while nothing fails; 0 if it was not
  );
};

inline constexpr auto failed_call_moves_nothing = clause(
    {.operation = "failed_call",
     .name = "moves_nothing",
     .says = "A call that fails leaves the position and the size; a failed truncate may have set "
             "its size.",
     .source = "ERR-1, O9"},
    []<class W>(const FailedCall<W>& c) {
      const auto cut =
          c.call == static_cast<std::uint64_t>(FileCall::truncate) && c.size_after == c.asked_size;
      return implies(
          is_error(c.result),
          c.position_after == c.position_before && (c.size_after == c.size_before || cut));
    });

inline constexpr auto failed_call_keeps_bytes = clause(
    {.operation = "failed_call",
     .name = "keeps_bytes",
     .says = "After a call that fails, each byte of the file reads as before.",
     .source = "ERR-1, O2, O9"},
    []<class W>(const FailedCall<W>& c) {
      return implies(is_error(c.result), c.bytes_changed == 0);
    });

inline constexpr auto bytes_past_the_end_never_return = clause(
    {.operation = "failed_call",
     .name = "bytes_past_the_end_never_return",
     .says = "A file that grows reads as zero past its former end, whatever failed before.",
     .source = "ERR-1, O2, O3"},
    []<class W>(const FailedCall<W>& c) { return c.old_bytes == 0; });

inline constexpr auto failed_call_takes_no_space = clause(
    {.operation = "failed_call",
     .name = "takes_no_space",
     .says = "A call that fails leaves no more blocks reserved or mapped than before.",
     .source = "ERR-1, ACC-1, O9"},
    []<class W>(const FailedCall<W>& c) {
      return implies(is_error(c.result), c.taken_after <= c.taken_before);
    });

inline constexpr auto enomem_is_reported_once = clause(
    {.operation = "failed_call",
     .name = "enomem_is_reported_once",
     .says = "A call that failed with ENOMEM does not fail with it again once memory is available.",
     .source = "ERR-2"},
    []<class W>(const FailedCall<W>& c) {
      return implies(c.result == error(ENOMEM), c.next_result != error(ENOMEM));
    });

inline constexpr auto failed_call_clauses = boost::hana::make_tuple(
    failed_call_moves_nothing, failed_call_keeps_bytes, bytes_past_the_end_never_return,
    failed_call_takes_no_space, enomem_is_reported_once);

template <class W>
constexpr const auto& clauses_of(const FailedCall<W>&) {
  return failed_call_clauses;
}

}  // namespace quire::spec
