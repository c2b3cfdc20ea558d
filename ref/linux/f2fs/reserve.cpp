// Reserving blocks: the steps, and how each is undone.
#include "ref/linux/f2fs/reserve.h"

#include "ref/linux/f2fs/reservation.h"
#include "ref/noted_lock.h"

#include <iterator>
#include <new>
#include <utility>

namespace quire::ref::f2fs {
namespace {

using Number = std::uint64_t;

/// The counts of one file, under the locks that guard them.
class InodeAccounts {
 public:
  explicit InodeAccounts(Inode& inode) : inode_(inode) {}

  auto lock_quota() const { return NotedLock<spec::DquotLock>(recorder(), inode_.owner); }
  auto lock_space() const { return NotedLock<spec::SpaceLock>(recorder(), 0); }
  Counts<Number> counts() const {
    Superblock& volume = inode_.volume;
    Quota& quota = volume.quotas[inode_.owner];
    return {quota.used, quota.limit, volume.valid, volume.user_blocks, inode_.node.blocks};
  }

 protected:
  spec::Recorder* recorder() const { return inode_.volume.recorder; }

  Inode& inode_;
};

/// A reservation for one file. `set_addresses(n)` names n blocks; when it throws std::bad_alloc it
/// has named none.
template <class SetAddresses>
class InodeReservation : public InodeAccounts {
 public:
  InodeReservation(Inode& inode, SetAddresses set_addresses)
      : InodeAccounts(inode), set_addresses_(std::move(set_addresses)) {}

  Number addresses() const { return inode_.node.owned(); }
  bool name(Number n) {
    try {
      set_addresses_(n);
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }
  void step(const spec::ReserveStep<Number>& step) const {
    if (recorder() != nullptr) recorder()->step(step);
  }
  void call(const spec::ReserveCall<Number>& call) const {
    if (recorder() != nullptr) recorder()->step(call);
  }

 private:
  SetAddresses set_addresses_;
};

/// How many blocks of those asked for were reserved, or why none.
template <class SetAddresses>
std::expected<Number, int> take(
    Inode& inode, Number asked, Grant grant, SetAddresses set_addresses) {
  InodeReservation hooks(inode, std::move(set_addresses));
  const Taken<Number> taken = f2fs::take<Number>(hooks, asked, grant == Grant::prefix);
  if (taken.error != 0) return std::unexpected(static_cast<int>(taken.error));
  return taken.granted;
}

/// The number of the node block that has the address of page `index`; 0 is the inode's own.
Number dnode_of(const Superblock& volume, Number index) {
  if (index < volume.inode_addresses) return 0;
  return (index - volume.inode_addresses) / volume.dnode_addresses + 1;
}

/// Subtracts blocks that have no address any more from every account.
void give_back(Inode& inode, Number blocks) {
  const InodeAccounts accounts(inode);
  f2fs::give_back<Number>(accounts, blocks);
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
  struct Hooks {
    Inode& inode;
    Number index;

    Number need_node() const { return static_cast<Number>(need_dnode(inode, index)); }
    Number reserve_page() const {
      const NotedLock<spec::NodeLock> lock(inode.volume.recorder, inode.number);
      const auto granted = reserve(inode, std::span(&index, 1), Grant::all);
      return granted ? 0 : static_cast<Number>(granted.error());
    }
  };
  const Hooks hooks{inode, index};
  return static_cast<int>(reserve_with_node<Number>(hooks));
}

void release_block(Inode& inode, Number index) {
  const Address address = inode.node.address(index);
  if (address == kNullAddress) return;
  inode.node.addresses.erase(index);
  if (is_block_address(address)) inode.volume.area.invalidate(address);
  give_back(inode, 1);
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
    give_back(inode, 1);
  }
}

}  // namespace quire::ref::f2fs
