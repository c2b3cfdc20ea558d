// XFS's space accounting in ref/: quota records, the reservation of delayed blocks, and the index
// blocks promised for them when extents are joined and cut (ACC-1, ACC-2).
#include "proofs/obligations/obligations.h"
#include "ref/linux/xfs/index_promise.h"
#include "ref/linux/xfs/quota_counts.h"
#include "spec/linux/space.h"

#include <array>
#include <cerrno>
#include <optional>

namespace quire::proofs {
namespace {

/// Bits of a count of blocks: 2^62 bytes in blocks of 512 bytes, and more.
constexpr unsigned kBlockBits = 53;
constexpr const char* kBound = "counts below 2^53 blocks";

/// Bits of an extent's blocks (spec::kExtentMax), and of the promises for its index.
constexpr unsigned kExtentBits = 21, kIndexBits = 32;

/// A quota record with the files that it counts, and its hard limit.
struct Record {
  spec::QuotaLedger<Bits> ledger;
  Bits hard;

  explicit Record(Explorer& e)
      : ledger{0, 0, e.fresh("real", kBlockBits), e.fresh("delayed", kBlockBits)},
        hard(e.fresh("hard")) {
    ledger.used = ledger.real_blocks;
    ledger.reserved = ledger.used + ledger.delayed_blocks;
  }
};

void quota_record(Explorer& e) {
  Record record(e);
  spec::QuotaLedger<Bits>& ledger = record.ledger;
  ref::xfs::QuotaCounts<Bits> counts{ledger.used, ledger.reserved};
  const Bits n = e.fresh("n", kBlockBits);
  if (e.fresh("promises", 1) == 1) {
    const Truth enforced = e.fresh("enforced", 1) == 1;
    const Bits error = ref::xfs::promise_quota<Bits>(counts, record.hard, n, enforced);
    const Bits moved = ite(error == 0, n, Bits{0});
    if (e.broken("goes one block past the limit")) counts.reserved = counts.reserved + 1;
    ledger.delayed_blocks = ledger.delayed_blocks + (counts.reserved - ledger.reserved);
    e.claim("All is promised, or nothing.", counts.reserved == ledger.reserved + moved, ledger);
    e.claim(
        "A limit that is enforced is kept.",
        implies(
            enforced && record.hard != 0 && error == 0 && n != 0, counts.reserved <= record.hard),
        ledger);
    e.claim(
        "Only a limit that is enforced refuses.",
        implies(error != 0, enforced && record.hard != 0 && record.hard < ledger.reserved + n),
        ledger);
  } else if (e.fresh("takes_back", 1) == 1) {
    if (!e.broken("releases blocks that are used")) {
      e.assume("No more is released than was promised.", n <= ledger.delayed_blocks);
    }
    ref::xfs::take_back_quota(counts, n);
    ledger.delayed_blocks = ledger.delayed_blocks - n;
  } else if (e.fresh("uses", 1) == 1) {
    if (!e.broken("uses blocks that were not promised")) {
      e.assume("No more is used than was promised.", n <= ledger.delayed_blocks);
    }
    ref::xfs::use_quota(counts, n);
    ledger.delayed_blocks = ledger.delayed_blocks - n;
    ledger.real_blocks = ledger.real_blocks + n;
  } else {
    e.assume("No more is released than is used.", n <= ledger.real_blocks);
    ref::xfs::release_quota(counts, n);
    if (e.broken("keeps the promise for blocks that it frees"))
      counts.reserved = counts.reserved + n;
    ledger.real_blocks = ledger.real_blocks - n;
  }
  ledger.used = counts.used;
  ledger.reserved = counts.reserved;
  e.claim(spec::quota_counts_its_files, ledger);
  e.claim("No count has wrapped.", ledger.used <= ledger.reserved, ledger);
}

/// The records of a file, and the free counter.
struct Payer {
  struct Counted {
    Bits promised, hard;
    Truth enforced;
  };

  Explorer& e;
  std::array<Counted, ref::xfs::kQuotaTypes> records;
  Bits free;

  explicit Payer(Explorer& explorer)
      : e(explorer), records{any(e), any(e), any(e)}, free(e.fresh("free", kBlockBits)) {}

  Bits promise(std::uint64_t i, const Bits& n) {
    ref::xfs::QuotaCounts<Bits> counts{0, records[i].promised};
    const Bits error =
        ref::xfs::promise_quota<Bits>(counts, records[i].hard, n, records[i].enforced);
    records[i].promised = counts.reserved;
    return error;
  }
  void take_back(std::uint64_t i, const Bits& n) {
    if (e.broken("forgets the records before the one that refused")) return;
    ref::xfs::QuotaCounts<Bits> counts{0, records[i].promised};
    ref::xfs::take_back_quota(counts, n);
    records[i].promised = counts.reserved;
  }

  Bits reserve_quota(const Bits& n) { return ref::xfs::promise_in_each<Bits>(*this, n); }
  Truth reserve_space(const Bits& n) {
    const Truth fits = n <= free;
    free = free - ite(fits, n, Bits{0});
    return fits;
  }
  void unreserve_quota(const Bits& n) {
    if (e.broken("keeps the quota of blocks that it did not get")) return;
    for (Counted& record : records) record.promised = record.promised - n;
  }

 private:
  static Counted any(Explorer& e) {
    return {e.fresh("promised", kBlockBits), e.fresh("hard"), e.fresh("enforced", 1) == 1};
  }
};

/// A reservation of `count` blocks.
void payment(Explorer& e) {
  Payer payer(e);
  const Payer before = payer;
  const Bits count = e.fresh("count", kExtentBits), index = e.fresh("index", kIndexBits);
  const Bits error = ref::xfs::reserve_quota_and_space<Bits>(payer, count, index);
  Bits room = ~Bits{0}, least = ~Bits{0}, most{0};
  for (std::size_t i = 0; i < ref::xfs::kQuotaTypes; ++i) {
    const Payer::Counted& record = before.records[i];
    const Bits taken = payer.records[i].promised - record.promised;
    least = spec::min(least, taken);
    most = spec::max(most, taken);
    room =
        ite(record.enforced,
            spec::min(
                room, ref::xfs::quota_room<Bits>(
                          ref::xfs::QuotaCounts<Bits>{0, record.promised}, record.hard)),
            room);
  }
  const spec::Reservation<Bits> op{0,     count, 0,     0,           ~std::uint64_t{0}, error, 0,
                                   count, index, 1,     before.free, payer.free,        1,     room,
                                   least, most,  count, index};
  e.claim(spec::reservation_is_paid_or_undone, op);
  e.claim(spec::prealloc_fails_no_write, op);
}

/// A delayed extent from which a part in the middle or at an end is cut out.
struct Cut {
  Bits left, middle, right;      // blocks
  Bits left_worst, right_worst;  // index blocks that they need: any function of the blocks
  Bits promised;                 // for the index of the whole

  explicit Cut(Explorer& e)
      : left(e.fresh("left", kExtentBits)),
        middle(e.fresh("middle", kExtentBits)),
        right(e.fresh("right", kExtentBits)),
        left_worst(e.fresh("left_worst", kIndexBits)),
        right_worst(e.fresh("right_worst", kIndexBits)),
        promised(e.fresh("promised", kIndexBits)) {}
};

void take_one_from_larger(Explorer& e) {
  // Any pass of shrink_to(): the parts have as many as they need, or fewer after earlier passes.
  const Bits have = e.fresh("have", kIndexBits + 1);
  const Bits left_worst = e.fresh("left_worst", kIndexBits);
  const Bits right_worst = e.fresh("right_worst", kIndexBits);
  ref::xfs::CutIndex<Bits> cut{e.fresh("left", kIndexBits), e.fresh("right", kIndexBits), 0, 0};
  e.assume(
      "No part of a cut extent has more than it needs: the invariant.",
      cut.left <= left_worst && cut.right <= right_worst);
  e.assume(
      "A pass goes on only where the parts have more than they share (ACC-2).",
      have < cut.left + cut.right);
  const Bits before = cut.left + cut.right;
  const bool takes_from_one = e.broken("takes from a part that has none");
  if (takes_from_one) {
    cut.left = cut.left - 1;
  } else {
    ref::xfs::take_one_from_larger(cut);
  }
  e.claim("The promises fall by one.", cut.left + cut.right == before - 1 && have <= before - 1);
  e.claim(
      "No part has more than it needs, or less than nothing.",
      cut.left <= left_worst && cut.right <= right_worst);
}

void cut(Explorer& e) {
  const Cut c(e);
  const Truth takes_over = e.fresh("takes_over", 1) == 1;
  const auto shrunk = [&](ref::xfs::CutIndex<Bits>& cut, const Bits& have) {
    const Bits want = cut.left + cut.right;
    const Bits left = e.fresh("left_after", kIndexBits), right = e.fresh("right_after", kIndexBits);
    e.assume(
        "shrink_to() does as many passes of ref.xfs_index.take_one_from_larger as it needs.",
        left <= cut.left && right <= cut.right && left + right == spec::min(want, have));
    cut.left = left;
    cut.right = right;
  };
  auto index = ref::xfs::cut_index<Bits>(
      c.promised, c.left_worst, c.right_worst, ite(takes_over, c.middle, Bits{0}), shrunk);
  if (e.broken("promises the worst case anew for each part")) {
    index.left = c.left_worst;
    index.right = c.right_worst;
  }
  if (e.broken("releases the blocks that it took over")) index.taken_over = 0;
  // A conversion keeps the middle, which is then allocated; otherwise the middle is released.
  const Bits given_back = index.freed + ite(takes_over, c.middle - index.taken_over, Bits{0});
  const Bits in_use = ite(takes_over, Bits{0}, c.middle);
  const spec::DelayedChange<Bits> change{
      c.left + c.middle + c.right - in_use, c.promised, c.left + c.right, index.left + index.right,
      c.left_worst + c.right_worst,         given_back};
  e.claim(spec::change_promises_no_more, change);
  e.claim(
      "Every block that was reserved is kept or released.",
      change.blocks_after + change.index_after + given_back ==
          change.blocks_before + change.index_before,
      change);
  e.claim(
      "A part has too few promises only if no more blocks can be taken over.",
      implies(
          takes_over && index.left + index.right < change.index_worst,
          index.taken_over == c.middle),
      change);
}

void join(Explorer& e) {
  const Bits left = e.fresh("left", kExtentBits), right = e.fresh("right", kExtentBits);
  const Bits promised = e.fresh("left_index", kIndexBits) + e.fresh("right_index", kIndexBits);
  const Bits worst = e.fresh("worst", kIndexBits);
  Bits kept = ref::xfs::joined_index<Bits>(promised, worst);
  if (e.broken("promises the worst case anew")) kept = worst;
  if (e.broken("keeps the promises of both")) kept = promised;
  const spec::DelayedChange<Bits> change{left + right, promised, left + right,
                                         kept,         worst,    promised - kept};
  e.claim(spec::change_promises_no_more, change);
  e.claim("No count has wrapped.", kept <= promised, change);
}

}  // namespace

std::vector<Obligation> xfs_space_obligations() {
  return {
      {.name = "ref.xfs_quota.record",
       .tag = "ACC-1",
       .subject = "ref",
       .says =
           "A quota record counts the blocks that its files use and are promised, and keeps its "
           "limit.",
       .bound = kBound,
       .body = quota_record},
      {.name = "ref.xfs_quota.payment",
       .tag = "ACC-1, PRE-3, 5.3",
       .subject = "ref",
       .says = "Blocks and their index are charged to every quota record and to free space, or to "
               "none.",
       .bound = kBound,
       .body = payment},
      {.name = "ref.xfs_index.take_one_from_larger",
       .tag = "ACC-2",
       .subject = "ref",
       .says = "The parts of a cut extent that share too few index blocks lose one at a time, and "
               "none that they do not have.",
       .body = take_one_from_larger},
      {.name = "ref.xfs_index.cut",
       .tag = "ACC-2",
       .subject = "ref",
       .says =
           "A delayed extent that is cut or converted in part keeps no more index blocks than it "
           "had, nor than it needs.",
       .body = cut},
      {.name = "ref.xfs_index.join",
       .tag = "ACC-2",
       .subject = "ref",
       .says =
           "Delayed extents that are joined keep no more index blocks than they had, nor than they "
           "need.",
       .body = join},
  };
}

}  // namespace quire::proofs
