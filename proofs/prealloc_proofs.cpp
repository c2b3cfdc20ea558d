// The size of a speculative preallocation (spec/prealloc.h), as ref/xfs takes it: for any file, any
// free space and any quota.
#include "proofs/obligations.h"
#include "spec/geometry.h"
#include "spec/prealloc.h"

namespace quire::proofs {
namespace {

using Facts = spec::PreallocFacts<Bits>;

/// Blocks of 4096 bytes: a block size that is open makes each shift a question of its own.
constexpr std::uint64_t kBlockShift = 12;
constexpr const char* kBound = "blocks of 4096 bytes";

/// Any facts that XFS can come to: counts of blocks of a device of up to 2^52 bytes.
Facts any_facts(Explorer& e) {
  constexpr unsigned kBlockBits = 40;
  const Bits hundredth = e.fresh("hundredth", kBlockBits);
  const Bits free = e.fresh("free", kBlockBits);
  const Bits stripe_order = e.fresh("stripe_order", 4);
  Facts facts{
      e.fresh("fixed", 1),
      kBlockShift,
      e.fresh("file_size", 63),
      spec::kFileSizeMax,
      lsh(Bits{1}, e.fresh("allocsize_order", 4)),
      ite(e.fresh("striped", 1) == 1, lsh(Bits{1}, stripe_order), Bits{0}),
      e.fresh("has_previous", 1),
      e.fresh("hole_before", 1),
      e.fresh("base", 22),
      e.fresh("pos", 63),
      e.fresh("count", 31),
      free,
      spec::low_space_of(hundredth),
      {e.fresh("quota_blocks", kBlockBits), e.fresh("quota_shift", 3),
       e.fresh("quota_free", kBlockBits)}};
  e.assume("Quota leaves no more free than there is.", facts.quota.free <= facts.free);
  return facts;
}

void stays_in_limits(Explorer& e) {
  const Facts facts = any_facts(e);
  spec::Prealloc<Bits> op{facts, 1, spec::prealloc_size(facts), 0};
  op.blocks = spec::prealloc_end(facts, op.size) - spec::requested_end(facts);
  if (e.broken("takes more than an extent can be long")) op.size = op.size + spec::kExtentMax;
  if (e.broken("ends past the largest file")) {
    op.blocks = op.blocks + spec::block_from(Bits{spec::kFileSizeMax}, Bits{kBlockShift});
  }
  if (e.broken("takes all that is free")) op.size = spec::max(op.size, facts.free);
  e.claim(spec::prealloc_stays_in_limits, op);
  e.claim(spec::prealloc_yields_to_scarcity, op);
}

}  // namespace

std::vector<Obligation> prealloc_obligations() {
  return {
      {.name = "spec.prealloc.stays_in_limits",
       .tag = "PRE-1, 5.2",
       .subject = "spec",
       .says = "A preallocation fits the largest file and an extent, and leaves free space.",
       .bound = kBound,
       .body = stays_in_limits},
  };
}

}  // namespace quire::proofs
