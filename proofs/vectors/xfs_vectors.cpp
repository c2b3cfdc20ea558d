// The vectors of XFS's outer write path. Its hooks are in spec/vectors/xfs.h.
#include "proofs/vectors/vector_subject.h"
#include "ref/linux/xfs/outer_loop.h"
#include "spec/vectors/xfs.h"

#include <cerrno>
#include <utility>

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

using Known = std::map<std::string, std::uint64_t>;

/// At the end of a file whose size stays, without leases.
Known alone(Known more) {
  more.insert({{"start", 5000}, {"size", 5000}, {"leased", 0}});
  return more;
}

/// Where the checks and the attributes do not fail.
Known let_through(Known more) {
  more.insert({{"check_errno", 0}, {"modify_errno", 0}});
  return more;
}

}  // namespace

/// Every path of the checks. Every path of a call in parts that are not combined: every failure, at
/// the end of a file whose size stays; leases and a size that others change, where only their own
/// steps fail; a volume and a quota that stay full, which have the paths of other errors of the
/// second write; and a call that takes the IOLOCK shared, and then has to take it exclusive.
std::vector<VectorSubject> xfs_subjects() {
  const std::uint64_t shared = spec::word_of(spec::IolockMode::shared);
  const std::uint64_t exclusive = spec::word_of(spec::IolockMode::exclusive);
  const auto of_calls = [](unsigned checks_max, Known known) {
    return VectorSubject{"ref.xfs_call", 1, checks_max, call, false, std::move(known)};
  };
  const auto stays_full = [&](std::uint64_t write_errno) {
    return of_calls(2, alone(let_through({{"mode", exclusive}, {"write_errno", write_errno}})));
  };
  return {
      {"ref.xfs_check", 1, 1, check},
      of_calls(2, alone({{"mode", exclusive}})),
      of_calls(3, let_through({{"mode", exclusive}, {"write_errno", 0}})),
      stays_full(ENOSPC),
      stays_full(EDQUOT),
      of_calls(
          2, alone(let_through({{"mode", shared}, {"drops_privileges", 1}, {"write_errno", 0}})))};
}

}  // namespace quire::proofs
