// XFS's outer write path, as vectors follow it. spec/xfs_vectors.h has what is run.
#include "spec/xfs_vectors.h"
#include "proofs/vector_subject.h"
#include "ref/xfs/outer_loop.h"

namespace quire::proofs {
namespace {

using Hooks = spec::OuterVectorHooks<Bits, OpenWords>;

/// One pass of the checks, from any state.
spec::Observed<Bits> check(OpenWords& source) {
  spec::OuterState<Bits> state = spec::before_the_checks<Bits>(source);
  Hooks hooks(source, state);
  const bool goes_on = ref::xfs::check_once<Bits>(state, hooks);
  return {spec::fields_of<Bits>(state), hooks.left(), Bits{goes_on ? 1u : 0u}};
}

/// A whole call, in at most so many passes of the checks.
spec::Observed<Bits> call(OpenWords& source) {
  spec::OuterState<Bits> state = spec::before_an_outer_call<Bits>(source);
  const spec::IolockMode mode = spec::mode_of_a_call<Bits>(source);
  Hooks hooks(source, state);
  ref::xfs::buffered_write_rounds<Bits>(state, hooks, mode);
  return {spec::fields_of<Bits>(state), hooks.left(), state.status};
}

}  // namespace

/// Every path of the checks; and of a call in three parts that are not multiplied: all that can
/// fail, where the size stays and there are no leases; what leases and a size that moves can do,
/// where the checks, the attributes and the write do not fail; and a call that takes the IOLOCK
/// shared, and loses it where it must take it exclusive.
std::vector<VectorSubject> xfs_subjects() {
  using Known = std::map<std::string, std::uint64_t>;
  const Known alone{{"mode", 2}, {"size", 7001}, {"leased", 0}};
  const Known all_well{{"mode", 2}, {"check_errno", 0}, {"modify_errno", 0}, {"write_errno", 0}};
  const Known shared{{"mode", 1},         {"size", 7001},          {"start", 5000},
                     {"leased", 0},       {"drops_privileges", 1}, {"check_errno", 0},
                     {"modify_errno", 0}, {"write_errno", 0}};
  return {
      {"ref.xfs_check", 1, 1, check},
      {"ref.xfs_call", 1, 2, call, false, alone},
      {"ref.xfs_call", 1, 3, call, false, all_well},
      {"ref.xfs_call", 1, 2, call, false, shared}};
}

}  // namespace quire::proofs
