// The accounts of an F2FS volume as words: one file, its owner's other files, all other files.
#pragma once

#include "proofs/engine/explore.h"
#include "ref/linux/f2fs/reservation.h"
#include "spec/linux/f2fs/f2fs.h"
#include "spec/linux/f2fs/reserve.h"

namespace quire::proofs {

/// Bits of a count of blocks: 2^64 bytes are 2^52 blocks.
inline constexpr unsigned kF2fsBlockBits = 52;

/// Two files of one owner (such as a file and its CoW inode) among all others. It starts in any
/// state that F2-4 allows.
class SymbolicAccounts {
 public:
  struct File {
    Bits owned;  ///< what it counts (i_blocks)
    Bits addresses, nodes;
  };
  struct Lock {};

  explicit SymbolicAccounts(Explorer& e)
      : file(any_file(e, "")),
        other(any_file(e, "other_")),
        owners_rest(e.fresh("owners_rest", kF2fsBlockBits)),
        volumes_rest(e.fresh("volumes_rest", kF2fsBlockBits)),
        quota(addresses_of_owner()),
        quota_limit(e.fresh("quota_limit")),
        valid(quota + volumes_rest),
        user_blocks(valid + e.fresh("free", kF2fsBlockBits)),
        e_(e) {}

  Lock lock_quota() const { return {}; }
  Lock lock_space() const { return {}; }
  ref::f2fs::Counts<Bits> counts() { return {quota, quota_limit, valid, user_blocks, file.owned}; }
  Bits addresses() const { return file.addresses + file.nodes; }
  Truth name(const Bits& n) {
    if (e_.fresh("out_of_memory", 1) == 1) return false;
    Bits& named = names_node ? file.nodes : file.addresses;
    named = named + n;
    return true;
  }
  void step(const spec::ReserveStep<Bits>& step) {
    if (on_step) on_step(step);
  }
  void call(const spec::ReserveCall<Bits>& call) {
    if (on_call) on_call(call);
  }

  /// F2-4, of every file, of the owner and of the volume.
  void claim_counts() const {
    for (const File& f : {file, other}) {
      e_.claim(spec::counts_what_is_owned, spec::OwnerLedger<Bits>{f.owned, f.addresses + f.nodes});
    }
    e_.claim(spec::counts_what_is_owned, spec::OwnerLedger<Bits>{quota, addresses_of_owner()});
    const Bits nodes = file.nodes + other.nodes;
    e_.claim(
        spec::valid_blocks_are_the_addresses,
        spec::VolumeLedger<Bits>{
            valid, addresses_of_owner() - nodes + volumes_rest, nodes, user_blocks, 0, 0});
  }

  File file;  ///< the one that the code works on
  File other;
  Bits owners_rest;   ///< counted by other files of the owner
  Bits volumes_rest;  ///< and by those of other owners
  Bits quota, quota_limit;
  Bits valid, user_blocks;
  bool names_node = false;  ///< name() sets addresses of node blocks
  std::function<void(const spec::ReserveStep<Bits>&)> on_step = {};
  std::function<void(const spec::ReserveCall<Bits>&)> on_call = {};

 private:
  static File any_file(Explorer& e, const std::string& prefix) {
    const Bits addresses = e.fresh(prefix + "addresses", kF2fsBlockBits);
    const Bits nodes = e.fresh(prefix + "nodes", kF2fsBlockBits);
    return {addresses + nodes, addresses, nodes};
  }
  Bits addresses_of_owner() const {
    return file.addresses + file.nodes + other.addresses + other.nodes + owners_rest;
  }

  Explorer& e_;
};

}  // namespace quire::proofs
