#include "ref/xfs/quota.h"

#include "ref/require.h"

namespace quire::ref::xfs {
namespace {

template <class Change>
void change_each(Inode& inode, std::uint64_t n, Change change) {
  if (n == 0) return;
  require(inode.has_dquots(), "quota is changed before the file's records were found");
  for (Dquot* dquot : inode.dquots) {
    const NotedLock<spec::DquotLock> lock(inode.recorder, dquot->key());
    change(*dquot);
  }
}

}  // namespace

int reserve_quota(Inode& inode, std::uint64_t n) {
  require(inode.has_dquots(), "quota is reserved before the file's records were found");
  for (std::size_t i = 0; i < kQuotaTypes; ++i) {
    Dquot& dquot = *inode.dquots[i];
    const bool enforced = inode.mount.quotas.enforces(dquot.type());
    int error = 0;
    {
      const NotedLock<spec::DquotLock> lock(inode.recorder, dquot.key());
      error = dquot.reserve(n, enforced);
    }
    if (error == 0) continue;
    for (std::size_t done = 0; done < i; ++done) {
      const NotedLock<spec::DquotLock> lock(inode.recorder, inode.dquots[done]->key());
      inode.dquots[done]->unreserve(n);
    }
    return error;
  }
  return 0;
}

void unreserve_quota(Inode& inode, std::uint64_t n) {
  change_each(inode, n, [&](Dquot& dquot) { dquot.unreserve(n); });
}

void use_quota(Inode& inode, std::uint64_t n) {
  change_each(inode, n, [&](Dquot& dquot) { dquot.use(n); });
}

void release_quota(Inode& inode, std::uint64_t n) {
  change_each(inode, n, [&](Dquot& dquot) { dquot.release(n); });
}

}  // namespace quire::ref::xfs
