// A free of blocks, as the allocator gets it.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// In blocks.
template <class W>
struct FreedExtent {
  BOOST_HANA_DEFINE_STRUCT(FreedExtent,
    (W, blocks),  // of the extent
    (W, granted)  // of these, granted to somebody until now
  );
};

inline constexpr auto only_granted_blocks_are_freed = clause(
    {.operation = "free",
     .name = "only_granted_blocks_are_freed",
     .says = "Every block that is freed was granted, and was not freed since.",
     .source = "ACC-1, O4"},
    []<class W>(const FreedExtent<W>& f) { return f.granted == f.blocks; });

inline constexpr auto freed_extent_clauses = boost::hana::make_tuple(only_granted_blocks_are_freed);

template <class W>
constexpr const auto& clauses_of(const FreedExtent<W>&) {
  return freed_extent_clauses;
}

}  // namespace quire::spec
