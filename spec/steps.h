// The records of the steps that are judged one by one, in one type.
//
// A room of the model adds its records here, and beside each record a function
//   template <class W> constexpr const auto& clauses_of(const Record<W>&)
// that names the clauses it is judged by. Whoever judges then judges all of them.
#pragma once

#include "spec/iomap.h"
#include "spec/iomap_attempt.h"
#include "spec/iov_iter.h"

#include <cstdint>
#include <variant>

namespace quire::spec {

using Step = std::variant<
    IterStep<std::uint64_t>,      // what the iterator did
    IomapBegin<std::uint64_t>,    // a mapping that was answered
    IomapTrip<std::uint64_t>,     // one begin, body and end
    IomapAttempt<std::uint64_t>,  // one attempt of a write's body
    IomapWrite<std::uint64_t>     // a whole write through iomap
    >;

}  // namespace quire::spec
