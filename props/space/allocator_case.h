// Devices of each size and age, and calls to their allocators.
#pragma once

#include "props/space/allocator_calls.h"

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>
#include <vector>

namespace quire::props {

/// A device of so many blocks, in use from the start or not, and so old, and calls to its
/// allocator.
struct AllocatorCase {
  Ageing ageing;
  AllocatorCalls calls;
  std::uint64_t blocks;
  std::vector<Extent> used;  ///< what of them is in use from the start; cut to what is possible
};

/// Prints the calls as they were drawn: what they ask for depends on the answers before.
void showValue(const AllocatorCase& drawn, std::ostream& os);

/// For an allocator of these powers.
rc::Gen<AllocatorCase> arbitrary_allocator_case(std::uint32_t powers);

/// Makes the calls. Throws an rc::detail::CaseResult where they break a law.
/// only: the one law to judge, even where others are broken; null for all. coverage: null, or it
/// counts what was met.
void run_allocator_case(
    const AllocatorKind& kind, const AllocatorCase& drawn, const spec::ClauseText* only = nullptr,
    AllocatorCoverage* coverage = nullptr);

/// No sequence of calls breaks a law. Fails the RapidCheck property it is called from.
void check_allocator_laws(
    const AllocatorKind& kind, const spec::ClauseText* only = nullptr,
    AllocatorCoverage* coverage = nullptr);

}  // namespace quire::props
