// The records of the steps that are judged one by one, in one type.
//
// A room of the model adds its records here, and beside each record a function
//   template <class W> constexpr const auto& clauses_of(const Record<W>&)
// that names the clauses it is judged by. Whoever judges then judges all of them.
#pragma once

#include "spec/f2fs.h"
#include "spec/f2fs_write_end.h"
#include "spec/iov_iter.h"

#include <cstdint>
#include <variant>

namespace quire::spec {

using Step = std::variant<
    IterStep<std::uint64_t>,  // what the iterator did
    // F2FS: reservation, the ledger, inline data, checkpoints, atomic files, write_end.
    ReserveStep<std::uint64_t>, ReserveCall<std::uint64_t>, VolumeLedger<std::uint64_t>,
    OwnerLedger<std::uint64_t>, PreallocatedWrite<std::uint64_t>, InlineConversion<std::uint64_t>,
    CheckpointStep<std::uint64_t>, AtomicReserve<std::uint64_t>, F2fsWriteEnd<std::uint64_t>,
    ClusterEnd<std::uint64_t>>;

}  // namespace quire::spec
