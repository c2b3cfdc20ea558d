// The use of a cached folio by a thread that has waited for its lock.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// A thread that holds the folio's lock is about to read or change its blocks.
template <class W>
struct FolioUse {
  BOOST_HANA_DEFINE_STRUCT(FolioUse,
    (W, folio_pos),  // its first byte in the file
    (W, dropped)     // 1: it was taken out of the cache
  );
};

inline constexpr auto used_folio_is_cached = clause(
    {.operation = "folio_use",
     .name = "used_folio_is_cached",
     .says = "A folio whose blocks are read or changed is in the cache: one that was dropped while "
             "its lock was waited for is looked up again.",
     .source = "PC-9, WB-1"},
    []<class W>(const FolioUse<W>& use) { return use.dropped == 0; });

inline constexpr auto folio_use_clauses = boost::hana::make_tuple(used_folio_is_cached);

template <class W>
constexpr const auto& clauses_of(const FolioUse<W>&) {
  return folio_use_clauses;
}

}  // namespace quire::spec
