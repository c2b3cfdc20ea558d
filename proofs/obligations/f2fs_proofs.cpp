// F2FS's accounts: reservations with their undo, releases, and the blocks of an atomic file, from
// any state of the volume that F2-4 allows.
#include "proofs/models/symbolic_accounts.h"
#include "proofs/obligations/obligations.h"
#include "ref/linux/f2fs/reservation.h"
#include "spec/linux/f2fs/f2fs.h"

#include <optional>

namespace quire::proofs {
namespace {

using spec::ReserveStage;

Truth is(const spec::ReserveStep<Bits>& step, ReserveStage stage) {
  return step.stage == spec::number_of(stage);
}

void steps(Explorer& e) {
  SymbolicAccounts accounts(e);
  accounts.on_step = [&](spec::ReserveStep<Bits> step) {
    if (e.broken("names addresses before the counters have granted them")) {
      step.previous = ite(is(step, ReserveStage::addresses), Bits{0}, step.previous);
    }
    if (e.broken("undoes the quota before the counters")) {
      step.stage =
          ite(is(step, ReserveStage::undo_counters),
              Bits{spec::number_of(ReserveStage::undo_quota)}, step.stage);
    }
    if (e.broken("counts what the counters did not grant")) {
      const Bits more = ite(is(step, ReserveStage::counters), step.asked, step.granted);
      step.after.owned = step.after.owned + (more - step.granted);
    }
    e.claim_all(spec::reserve_step_clauses, step);
  };
  ref::f2fs::take<Bits>(accounts, e.fresh("asked"), e.fresh("takes_fewer", 1) == 1);
}

/// Hooks of a reservation that keeps the owner charged when it undoes a step.
struct Forgetful : SymbolicAccounts {
  Bits nowhere{0};
  bool charged = false;

  ref::f2fs::Counts<Bits> counts() {
    ref::f2fs::Counts<Bits> all = SymbolicAccounts::counts();
    return {charged ? nowhere : all.quota, all.quota_limit, all.valid, all.user_blocks, all.owned};
  }
  void step(const spec::ReserveStep<Bits>&) { charged = true; }
};

void reservation(Explorer& e) {
  const Bits asked = e.fresh("asked");
  const Truth takes_fewer = e.fresh("takes_fewer", 1) == 1;
  if (e.broken("keeps what an owner was charged for nothing")) {
    Forgetful accounts{SymbolicAccounts(e)};
    ref::f2fs::take<Bits>(accounts, asked, takes_fewer);
    return accounts.claim_counts();
  }
  SymbolicAccounts accounts(e);
  std::optional<spec::ReserveCall<Bits>> reported;
  accounts.on_call = [&](const spec::ReserveCall<Bits>& call) { reported = call; };
  if (e.broken("names addresses before anything is granted")) {
    accounts.file.addresses = accounts.file.addresses + asked;
  }
  const bool uses_a_part = e.broken("takes a part where only all will do");
  const auto taken = ref::f2fs::take<Bits>(accounts, asked, uses_a_part || takes_fewer);
  spec::ReserveCall<Bits>& call = reported.value();
  if (uses_a_part) call.takes_fewer = ite(takes_fewer, Bits{1}, Bits{0});
  e.claim(
      "Its result is the one that it reports.",
      taken.granted == call.granted && taken.error == call.error, call);
  e.claim("It got blocks, or has an error.", iff(taken.error == 0, taken.granted != 0), call);
  e.claim_all(spec::reserve_call_clauses, call);
  accounts.claim_counts();
}

void release(Explorer& e) {
  SymbolicAccounts accounts(e);
  const Bits n = e.fresh("n", kF2fsBlockBits);
  e.assume("No more is released than the file has (F2-4).", n <= accounts.file.addresses);
  accounts.file.addresses = accounts.file.addresses - n;
  ref::f2fs::give_back<Bits>(accounts, n);
  if (e.broken("keeps the owner charged")) accounts.quota = accounts.quota + n;
  if (e.broken("forgets the file's own count")) accounts.file.owned = accounts.file.owned + n;
  accounts.claim_counts();
}

/// A page of an atomic file: `file` of the accounts is the CoW inode, `other` the file itself.
struct AtomicPage {
  Explorer& e;
  SymbolicAccounts& cow;

  Truth has_block() { return e.fresh("has_block", 1) == 1; }
  Bits reserve_block() { return ref::f2fs::reserve_with_node<Bits>(*this); }
  Bits need_node() {
    if (e.fresh("has_node", 1) == 1) return 0;
    cow.names_node = true;
    const Bits error = ref::f2fs::take<Bits>(cow, Bits{1}, false).error;
    cow.names_node = false;
    return error;
  }
  Bits reserve_page() { return ref::f2fs::take<Bits>(cow, Bits{1}, false).error; }
};

void atomic_page(Explorer& e) {
  SymbolicAccounts accounts(e);
  AtomicPage page{e, accounts};
  Bits counter = e.fresh("counter");
  spec::AtomicReserve<Bits> step{
      accounts.addresses(),
      0,
      accounts.file.nodes,
      0,
      accounts.other.addresses,
      accounts.other.addresses,
      counter,
      0};
  const Bits addresses = accounts.file.addresses;
  const Bits error = ref::f2fs::reserve_once<Bits>(page, counter);
  if (e.broken("counts a page that has a block")) counter = step.counter_before + 1;
  if (e.broken("takes the node's block for the page's")) {
    counter = counter + (accounts.file.nodes - step.cow_nodes_before);
  }
  step.cow_after = accounts.addresses();
  step.cow_nodes_after = accounts.file.nodes;
  step.counter_after = counter;
  e.claim_all(spec::atomic_reserve_clauses, step);
  e.claim(
      "A page that gets no block is not counted.",
      implies(error != 0, counter == step.counter_before && accounts.file.addresses == addresses),
      step);
  accounts.claim_counts();
}

/// One block of a commit: out of the CoW inode (`other`), into the file.
void take_over(Explorer& e) {
  SymbolicAccounts accounts(e);
  if (e.fresh("replaces", 1) == 1) {
    e.assume("The file has the block that is replaced (F2-4).", accounts.file.addresses != 0);
    accounts.file.addresses = accounts.file.addresses - 1;
    if (!e.broken("forgets the block that is replaced")) {
      ref::f2fs::give_back<Bits>(accounts, Bits{1});
    }
  }
  accounts.file.addresses = accounts.file.addresses + 1;
  accounts.other.addresses = accounts.other.addresses - 1;
  if (e.broken("leaves the count with the CoW inode")) return accounts.claim_counts();
  ref::f2fs::hand_over<Bits>(accounts.other.owned, accounts.file.owned);
  accounts.claim_counts();
}

}  // namespace

std::vector<Obligation> f2fs_obligations() {
  return {
      {.name = "ref.f2fs_reserve.steps",
       .tag = "F2-3",
       .subject = "ref",
       .says = "A reservation charges quota, counters and addresses in this order, and undoes them "
               "backwards.",
       .body = steps},
      {.name = "ref.f2fs_reserve.call",
       .tag = "F2-3 to F2-5",
       .subject = "ref",
       .says = "After a reservation of any size the counts add up; one that fails changes nothing, "
               "and only a caller that can use a part is granted one.",
       .body = reservation},
      {.name = "ref.f2fs_reserve.release",
       .tag = "F2-4",
       .subject = "ref",
       .says = "Blocks that are released leave every account.",
       .body = release},
      {.name = "ref.f2fs_atomic.reserve",
       .tag = "F2-4, 7.2 step 4",
       .subject = "ref",
       .says = "An atomic write reserves only in its CoW inode, and counts each block once.",
       .body = atomic_page},
      {.name = "ref.f2fs_atomic.take_over",
       .tag = "F2-4",
       .subject = "ref",
       .says = "A committed block of an atomic write is counted by the file that has its address.",
       .body = take_over},
  };
}

}  // namespace quire::proofs
