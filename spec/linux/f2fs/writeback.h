// F2FS's writeback: one dirty page on its way to the device.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One dirty page of one pass, before it is unlocked. Also of one that is written as a part of its
/// cluster.
template <class W>
struct F2fsPageWrite {
  BOOST_HANA_DEFINE_STRUCT(F2fsPageWrite,
    (W, placed),       // 1: there was a block to write it to, and the device was asked
    (W, result),       // 0 or a negative errno
    (W, dirty_after),  // 1: the page is dirty
    (W, moved)         // 1: its address has changed
  );
};

inline constexpr auto page_is_clean_once_submitted = clause(
    {.operation = "f2fs_page_write",
     .name = "page_is_clean_once_submitted",
     .says =
         "A page is clean once the device was asked to write it, whatever it answered; it stays "
         "dirty if no block was left for it.",
     .source = "WBK-3"},
    []<class W>(const F2fsPageWrite<W>& p) {
      return iff(p.dirty_after == 1, p.placed == 0) && p.dirty_after <= 1;
    });

inline constexpr auto failed_page_keeps_its_address = clause(
    {.operation = "f2fs_page_write",
     .name = "failed_page_keeps_its_address",
     .says = "A page that could not be written keeps the address that it had: a block that never "
             "arrived is not read.",
     .source = "WBK-3, O3"},
    []<class W>(const F2fsPageWrite<W>& p) { return implies(p.result != 0, p.moved == 0); });

inline constexpr auto f2fs_page_write_clauses =
    boost::hana::make_tuple(page_is_clean_once_submitted, failed_page_keeps_its_address);

template <class W>
constexpr const auto& clauses_of(const F2fsPageWrite<W>&) {
  return f2fs_page_write_clauses;
}

}  // namespace quire::spec
