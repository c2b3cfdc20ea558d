// The records of the steps that are judged one by one, in one type.
//
// A room of the model adds its records here, and beside each record a function
//   template <class W> constexpr const auto& clauses_of(const Record<W>&)
// that names the clauses it is judged by. Whoever judges then judges all of them.
#pragma once

#include "spec/file_checks.h"
#include "spec/iov_iter.h"
#include "spec/sync.h"
#include "spec/xfs_outer.h"
#include "spec/xfs_outer_call.h"

#include <cstdint>
#include <variant>

namespace quire::spec {

using Step = std::variant<
    IterStep<std::uint64_t>,      // what the iterator did
    WriteChecks<std::uint64_t>,   // the generic checks of a write
    ModifiedStep<std::uint64_t>,  // privileges and times before a write
    WriteSync<std::uint64_t>,     // the end of a write that may be synchronous
    OuterStep<std::uint64_t>,     // XFS: a step of the outer write path,
    OuterCall<std::uint64_t>      //   and a whole call of it
    >;

}  // namespace quire::spec
