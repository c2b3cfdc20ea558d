// The records of the steps that are judged one by one, in one type.
//
// A room of the model adds its records here, and beside each record a function
//   template <class W> constexpr const auto& clauses_of(const Record<W>&)
// that names the clauses it is judged by. Whoever judges then judges all of them.
#pragma once

#include "spec/errseq.h"
#include "spec/iov_iter.h"
#include "spec/page_cache.h"
#include "spec/throttle.h"

#include <cstdint>
#include <variant>

namespace quire::spec {

using Step = std::variant<
    IterStep<std::uint64_t>,    // what the iterator did
    LegacyStep<std::uint64_t>,  // what became of the two flags that keep errors of writeback
    ThrottleRound<std::uint64_t>, QuotaCheck<std::uint64_t>, DirtyCount<std::uint64_t>,
    FolioPass<std::uint64_t>, WritebackPass<std::uint64_t>, WriteAndWait<std::uint64_t>,
    CutByte<std::uint64_t>, FolioInvalidation<std::uint64_t>, FoundFolio<std::uint64_t>>;

}  // namespace quire::spec
