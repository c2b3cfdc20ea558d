#include "ref/linux/xfs/quota.h"

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
  struct Hooks {
    Inode& inode;

    std::uint64_t promise(std::uint64_t i, std::uint64_t n) const {
      Dquot& dquot = *inode.dquots[i];
      const NotedLock<spec::DquotLock> lock(inode.recorder, dquot.key());
      return static_cast<std::uint64_t>(
          dquot.reserve(n, inode.mount.quotas.enforces(dquot.type())));
    }
    void take_back(std::uint64_t i, std::uint64_t n) const {
      const NotedLock<spec::DquotLock> lock(inode.recorder, inode.dquots[i]->key());
      inode.dquots[i]->unreserve(n);
    }
  };
  const Hooks hooks{inode};
  return static_cast<int>(promise_in_each(hooks, n));
}

void unreserve_quota(Inode& inode, std::uint64_t n) {
  change_each(inode, n, [&](Dquot& dquot) { dquot.unreserve(n); });
}

int reserve_blocks(Inode& inode, std::uint64_t blocks, std::uint64_t index) {
  struct Hooks {
    Inode& inode;

    std::uint64_t reserve_quota(std::uint64_t n) const {
      return static_cast<std::uint64_t>(xfs::reserve_quota(inode, n));
    }
    bool reserve_space(std::uint64_t n) const {
      const NotedLock<spec::SpaceLock> lock(inode.recorder, 0);
      return inode.mount.space.reserve(n);
    }
    void unreserve_quota(std::uint64_t n) const { xfs::unreserve_quota(inode, n); }
  };
  const Hooks hooks{inode};
  return static_cast<int>(reserve_quota_and_space(hooks, blocks, index));
}

void use_quota(Inode& inode, std::uint64_t n) {
  change_each(inode, n, [&](Dquot& dquot) { dquot.use(n); });
}

void release_quota(Inode& inode, std::uint64_t n) {
  change_each(inode, n, [&](Dquot& dquot) { dquot.release(n); });
}

}  // namespace quire::ref::xfs
