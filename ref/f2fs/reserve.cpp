// Reserving blocks: the steps, and how each is taken back.
#include "ref/f2fs/reserve.h"

#include "ref/noted_lock.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <new>

namespace quire::ref::f2fs {
namespace {

using Number = std::uint64_t;
using Stage = spec::ReserveStage;
using Accounts = spec::Accounts<Number>;

/// The accounts of one file, moved step by step; each step is told to the recorder.
class Reservation {
 public:
  Reservation(Inode& inode, Number asked)
      : inode_(inode), volume_(inode.volume), asked_(asked), start_(accounts()) {}

  /// 0 or -EDQUOT.
  int charge_quota() {
    const Accounts before = accounts();
    const NotedLock<spec::DquotLock> lock(volume_.recorder, inode_.owner);
    Quota& quota = volume_.quotas[inode_.owner];
    const bool fits = asked_ <= quota.limit - std::min(quota.limit, quota.used);
    if (fits) quota.used += asked_;
    tell(Stage::quota, fits ? asked_ : 0, fits ? 0 : -EDQUOT, before);
    return fits ? 0 : -EDQUOT;
  }

  /// What the counters grant; 0: no block is left.
  Number count(Grant grant) {
    const Accounts before = accounts();
    const NotedLock<spec::SpaceLock> lock(volume_.recorder, 0);
    const Number free = volume_.user_blocks - volume_.valid;
    const Number granted = granted_of<Number>(asked_, free, grant == Grant::prefix);
    volume_.valid += granted;
    inode_.node.blocks += granted;
    tell(Stage::counters, granted, granted == 0 ? -ENOSPC : 0, before);
    return granted;
  }

  /// `place` changes `granted` addresses.
  template <class Place>
  void set_addresses(Number granted, Place&& place) {
    const Accounts before = accounts();
    place(granted);
    tell(Stage::addresses, granted, 0, before);
  }
  void failed_to_set_addresses() { tell(Stage::addresses, 0, -ENOMEM, accounts()); }

  void uncount(Number blocks) {
    const Accounts before = accounts();
    const NotedLock<spec::SpaceLock> lock(volume_.recorder, 0);
    volume_.valid -= blocks;
    inode_.node.blocks -= blocks;
    tell(Stage::undo_counters, blocks, 0, before);
  }

  void uncharge_quota(Number blocks) {
    const Accounts before = accounts();
    const NotedLock<spec::DquotLock> lock(volume_.recorder, inode_.owner);
    volume_.quotas[inode_.owner].used -= blocks;
    tell(Stage::undo_quota, blocks, 0, before);
  }

  void tell_call(Number granted, int error, Grant grant) const {
    if (volume_.recorder == nullptr) return;
    volume_.recorder->step(spec::ReserveCall<Number>{
        asked_, granted, static_cast<Number>(error), grant == Grant::prefix, start_, accounts()});
  }

 private:
  Accounts accounts() const {
    return {
        volume_.quotas[inode_.owner].used, volume_.valid, inode_.node.blocks, inode_.node.owned()};
  }

  void tell(Stage stage, Number granted, int error, const Accounts& before) {
    const Stage previous = previous_;
    previous_ = stage;
    if (volume_.recorder == nullptr) return;
    volume_.recorder->step(spec::ReserveStep<Number>{
        spec::number_of(stage), spec::number_of(previous), asked_, granted,
        static_cast<Number>(error), before, accounts()});
  }

  Inode& inode_;
  Superblock& volume_;
  Number asked_;
  Stage previous_ = Stage::none;
  Accounts start_;
};

/// Quota, counters, addresses; and back again from where it failed (F2-3). `place(n)` names n
/// blocks; when it throws std::bad_alloc it has named none.
template <class Place>
std::expected<Number, int> take(Inode& inode, Number asked, Grant grant, Place&& place) {
  Reservation reservation(inode, asked);
  const auto failed = [&](int error) {
    reservation.tell_call(0, error, grant);
    return std::unexpected(error);
  };
  if (const int error = reservation.charge_quota(); error != 0) return failed(error);
  const Number granted = reservation.count(grant);
  // What the counters did not grant is owed to the owner.
  if (granted < asked) reservation.uncharge_quota(asked - granted);
  if (granted == 0) return failed(-ENOSPC);
  try {
    reservation.set_addresses(granted, place);
  } catch (const std::bad_alloc&) {
    reservation.failed_to_set_addresses();
    reservation.uncount(granted);
    reservation.uncharge_quota(granted);
    return failed(-ENOMEM);
  }
  reservation.tell_call(granted, 0, grant);
  return granted;
}

/// The number of the node block that has the address of page `index`; 0 is the inode's own.
Number dnode_of(const Superblock& volume, Number index) {
  if (index < volume.inode_addresses) return 0;
  return (index - volume.inode_addresses) / volume.dnode_addresses + 1;
}

void uncount_released(Inode& inode, Number blocks) {
  Superblock& volume = inode.volume;
  {
    const NotedLock<spec::DquotLock> lock(volume.recorder, inode.owner);
    volume.quotas[inode.owner].used -= blocks;
  }
  const NotedLock<spec::SpaceLock> lock(volume.recorder, 0);
  volume.valid -= blocks;
  inode.node.blocks -= blocks;
}

}  // namespace

int need_dnode(Inode& inode, Number index) {
  const Number dnode = dnode_of(inode.volume, index);
  if (dnode == 0 || inode.node.dnodes.contains(dnode)) return 0;
  const NotedLock<spec::NodeLock> lock(inode.volume.recorder, inode.number);
  const auto taken = take(inode, 1, Grant::all, [&](Number) { inode.node.dnodes.insert(dnode); });
  return taken ? 0 : taken.error();
}

std::expected<Number, int> reserve(Inode& inode, std::span<const Number> indices, Grant grant) {
  auto& addresses = inode.node.addresses;
  return take(inode, indices.size(), grant, [&](Number granted) {
    Number named = 0;
    try {
      for (; named < granted; ++named) addresses.emplace(indices[named], kNewAddress);
    } catch (const std::bad_alloc&) {
      while (named-- > 0) addresses.erase(indices[named]);
      throw;
    }
  });
}

int reserve_block(Inode& inode, Number index) {
  if (const int error = need_dnode(inode, index); error != 0) return error;
  const NotedLock<spec::NodeLock> lock(inode.volume.recorder, inode.number);
  const auto granted = reserve(inode, std::span(&index, 1), Grant::all);
  return granted ? 0 : granted.error();
}

void release_block(Inode& inode, Number index) {
  const Address address = inode.node.address(index);
  if (address == kNullAddress) return;
  inode.node.addresses.erase(index);
  if (has_place(address)) inode.volume.area.invalidate(address);
  uncount_released(inode, 1);
}

void release_from(Inode& inode, Number index) {
  const NotedLock<spec::NodeLock> lock(inode.volume.recorder, inode.number);
  auto& node = inode.node;
  while (!node.addresses.empty() && index <= node.addresses.rbegin()->first) {
    release_block(inode, node.addresses.rbegin()->first);
  }
  // The node block that has page `index` itself stays if it has an earlier one as well.
  const Number keep = index == 0 ? 0 : dnode_of(inode.volume, index - 1);
  while (!node.dnodes.empty() && keep < *node.dnodes.rbegin()) {
    node.dnodes.erase(std::prev(node.dnodes.end()));
    uncount_released(inode, 1);
  }
}

}  // namespace quire::ref::f2fs
