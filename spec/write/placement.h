// Where the space manager of libquire has placed an extent.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// An extent that a file has been given, and the preallocations of the other files at that time.
/// Counts of blocks.
template <class W>
struct Placement {
  BOOST_HANA_DEFINE_STRUCT(Placement,
    (W, want),       // that the file asked for
    (W, length),     // of the extent
    (W, of_others),  // of the extent's blocks that lie in a preallocation of another file
    (W, elsewhere)   // that were not in use, and in no such preallocation
  );
};

inline constexpr auto placement_leaves_preallocations = clause(
    {.operation = "placement",
     .name = "leaves_preallocations",
     .says = "A file is given blocks of another file's preallocation only if no others are left.",
     .source = "PRE-1"},
    []<class W>(const Placement<W>& p) { return p.of_others == 0 || p.elsewhere == 0; });

inline constexpr auto placement_gives_what_was_asked = clause(
    {.operation = "placement",
     .name = "gives_what_was_asked",
     .says = "An extent has a block, and at most as many as were asked for.",
     .source = "ACC-1"},
    []<class W>(const Placement<W>& p) { return W{0} < p.length && p.length <= p.want; });

inline constexpr auto placement_clauses =
    boost::hana::make_tuple(placement_leaves_preallocations, placement_gives_what_was_asked);

template <class W>
constexpr const auto& clauses_of(const Placement<W>&) {
  return placement_clauses;
}

}  // namespace quire::spec
