// The counts of a quota record, and the reservation of blocks, over a word type. Blocks.
#pragma once

#include "spec/word.h"

#include <cerrno>
#include <cstdint>

namespace quire::ref::xfs {

/// Kinds of owners: user, group, project.
inline constexpr std::uint64_t kQuotaTypes = 3;

template <class W>
struct QuotaCounts {
  W used;
  W reserved;  ///< used or promised
};

/// How many blocks more fit below the hard limit; 2^64 - 1 without one.
template <spec::Word W>
W quota_room(const QuotaCounts<W>& counts, const W& hard) {
  using spec::ite;
  return ite(hard == 0, ~W{0}, hard - spec::min(hard, counts.reserved));
}

/// Promises `n` blocks: 0; or EDQUOT if the limit is enforced and would be exceeded.
template <spec::Word W>
W promise_quota(
    QuotaCounts<W>& counts, const W& hard, const W& n, const spec::TruthOf<W>& enforced) {
  using spec::ite;
  const auto refused = enforced && quota_room(counts, hard) < n;
  counts.reserved = counts.reserved + ite(refused, W{0}, n);
  return ite(refused, W{spec::error(EDQUOT)}, W{0});
}

/// Releases `n` promises, or marks them as used. Requires that as many are open.
template <spec::Word W>
void take_back_quota(QuotaCounts<W>& counts, const W& n) {
  counts.reserved = counts.reserved - n;
}
template <spec::Word W>
void use_quota(QuotaCounts<W>& counts, const W& n) {
  counts.used = counts.used + n;
}

/// `n` used blocks are used no longer. Requires that as many are.
template <spec::Word W>
void release_quota(QuotaCounts<W>& counts, const W& n) {
  counts.used = counts.used - n;
  counts.reserved = counts.reserved - n;
}

/// Promises `n` blocks in every quota record of a file, or in none: 0 or EDQUOT.
template <spec::Word W, class Hooks>
W promise_in_each(Hooks& hooks, const W& n) {
  for (std::uint64_t i = 0; i < kQuotaTypes; ++i) {
    const W error = hooks.promise(i, n);
    if (error == 0) continue;
    for (std::uint64_t done = 0; done < i; ++done) hooks.take_back(done, n);
    return error;
  }
  return W{0};
}

/// Reserves quota for the blocks, then space for them and `index` more; or nothing. 0, EDQUOT or
/// ENOSPC.
template <spec::Word W, class Hooks>
W reserve_quota_and_space(Hooks& hooks, const W& blocks, const W& index) {
  if (const W error = hooks.reserve_quota(blocks); error != 0) return error;
  if (hooks.reserve_space(blocks + index)) return W{0};
  hooks.unreserve_quota(blocks);
  return W{spec::error(ENOSPC)};
}

}  // namespace quire::ref::xfs
