// The size of a speculative preallocation (spec/linux/prealloc.h) for any file, any free space and
// any quota; and F2FS's preallocation of the pages that a write covers.
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/linux/f2fs/prealloc.h"
#include "spec/geometry.h"
#include "spec/linux/f2fs/f2fs.h"
#include "spec/linux/prealloc.h"

#include <cerrno>

namespace quire::proofs {
namespace {

using Facts = spec::PreallocFacts<Bits>;

/// Blocks of 4096 bytes: with an open block size each shift would be a hard question.
constexpr std::uint64_t kBlockShift = 12;
constexpr const char* kBound = "blocks of 4096 bytes, devices of up to 2^52 bytes";

/// Any facts that XFS can have: counts of blocks of a device of up to 2^52 bytes.
Facts any_facts(Explorer& e) {
  constexpr unsigned kBlockBits = 40;
  const Bits hundredth = e.fresh("hundredth", kBlockBits);
  const Bits free = e.fresh("free", kBlockBits);
  const Bits stripe_order = e.fresh("stripe_order", 4);
  Facts facts{
      e.fresh("fixed", 1),
      kBlockShift,
      e.fresh("file_size", 63),
      spec::kFileSizeMax,
      lsh(Bits{1}, e.fresh("allocsize_order", 4)),
      ite(e.fresh("striped", 1) == 1, lsh(Bits{1}, stripe_order), Bits{0}),
      e.fresh("has_previous", 1),
      e.fresh("hole_before", 1),
      e.fresh("base", 22),
      e.fresh("pos", 63),
      e.fresh("count", 31),
      free,
      spec::low_space_of(hundredth),
      {e.fresh("quota_blocks", kBlockBits), e.fresh("quota_shift", 3),
       e.fresh("quota_free", kBlockBits)}};
  e.assume("Quota leaves no more than is free.", facts.quota.free <= facts.free);
  return facts;
}

void stays_in_limits(Explorer& e) {
  const Facts facts = any_facts(e);
  spec::Prealloc<Bits> op{facts, 1, spec::prealloc_size(facts), 0};
  op.blocks = spec::prealloc_end(facts, op.size) - spec::requested_end(facts);
  if (e.broken("takes more than an extent can be long")) op.size = op.size + spec::kExtentMax;
  if (e.broken("ends past the largest file")) {
    op.blocks = op.blocks + spec::block_from(Bits{spec::kFileSizeMax}, Bits{kBlockShift});
  }
  if (e.broken("takes all that is free")) op.size = spec::max(op.size, facts.free);
  e.claim(spec::prealloc_stays_in_limits, op);
  e.claim(spec::prealloc_yields_to_scarcity, op);
}

/// Bits of a position in a file.
constexpr unsigned kPosBits = 62;

/// Node blocks with the addresses of any number of pages, of which any number get blocks.
struct SymbolicNodes {
  Explorer& e;

  Bits end_of_node(const Bits& at) {
    const Bits end = e.fresh("end_of_node", kPosBits);
    e.assume("A node block ends after each page whose address it has.", at < end);
    return end;
  }
  ref::f2fs::Taken<Bits> take(const Bits& first, const Bits& end) {
    e.claim("A node block is asked for pages.", first < end);
    const Bits got = e.fresh("got", kPosBits);
    const Bits error = any_error(e, "take_errno");
    e.assume(
        "No more pages get blocks than were asked for, and none with an error.",
        got <= end - first && (error == 0 || got == 0));
    return {got, error};
  }
};

void preallocation(Explorer& e) {
  // Any pass: the pages of [first, at) have their blocks.
  const Bits first = e.fresh("first", kCountBits), at = first + e.fresh("done", kCountBits);
  const Bits end = at + e.fresh("left", kCountBits);
  e.assume("A pass goes on only where pages are left.", at < end);
  ref::f2fs::Preallocation<Bits> done{at, 0};
  SymbolicNodes nodes{e};
  Truth goes_on = ref::f2fs::preallocate_in_node<Bits>(nodes, end, done);
  if (e.broken("goes on where no page got a block")) {
    goes_on = done.at < end;
    done.error = 0;
  }
  if (e.broken("says that all have their blocks when space ran out")) done.error = 0;
  e.claim("The pages with blocks grow, up to the end.", at <= done.at && done.at <= end);
  e.claim("It goes on only after progress (O6).", implies(goes_on, at < done.at && done.at < end));
  e.claim(
      "Without an error all have their blocks in the end.",
      goes_on || iff(done.error == 0, done.at == end));
  if (goes_on) return;
  auto answer = ref::f2fs::preallocated<Bits>(first, done);
  if (e.broken("fails a write that has room for its first pages")) {
    answer = {ite(done.error == 0, answer.granted, Bits{0}), done.error};
  }
  const Truth space_ran_out =
      done.error == spec::error(ENOSPC) || done.error == spec::error(EDQUOT);
  e.claim(
      "A part is granted where space ran out; any other error is returned (F2-5).",
      iff(answer.error == 0, done.error == 0 || (space_ran_out && first != done.at)));
  e.claim("The error is the one that ended it.", answer.error == 0 || answer.error == done.error);
  e.claim(
      "It returns the number of pages that have a block.",
      answer.granted == ite(answer.error == 0, done.at - first, Bits{0}));
}

Bits word(const Truth& p) { return ite(p, Bits{1}, Bits{0}); }

/// Any one page of the file: blocks past the end are counted page by page.
void cut_at_the_end(Explorer& e) {
  const Bits pos = e.fresh("pos", kPosBits), count = e.fresh("count", kCountBits);
  const Bits index = e.fresh("index", kPosBits - spec::kPageShift),
             size_before = e.fresh("size", kPosBits);
  const Bits end = pos + count;
  const auto pages = ref::f2fs::whole_pages<Bits>(pos, count);
  // Some of the whole pages got their blocks; or none was asked for; or an error came after some.
  const Bits error = any_error(e, "errno"), given = e.fresh("given", kCountBits);
  const Truth tried = e.fresh("tried", 1) == 1;
  e.assume("A call asks for something (GPW-13).", count != 0);
  e.assume(
      "Only pages that the write covers whole get blocks, and only where that was tried.",
      implies(given != 0, tried && pages.first + given <= pages.end));
  const Bits granted = ite(error == 0, given, Bits{0});
  // The write then raises the size by the bytes that it wrote: any number.
  const Bits reached = e.fresh("reached", kCountBits);
  const Bits size = ite(reached == 0, size_before, spec::max(size_before, pos + reached));
  const auto is_past = [&](const Bits& at) { return at <= lsh(index, Bits{spec::kPageShift}); };
  const Truth had = e.fresh("had", 1) == 1;
  const Truth given_now = pages.first <= index && index < pages.first + given;
  Truth cuts = ref::f2fs::leaves_blocks_past<Bits>({granted, error}, word(tried), size, end);
  if (e.broken("cuts nothing after a write that stopped short")) cuts = cuts && error != 0;
  if (e.broken("cuts nothing when preallocation failed")) cuts = cuts && error == 0;
  const Truth has = (had || given_now) && !(cuts && is_past(size));
  e.claim(
      spec::preallocation_is_cut_at_the_end,
      spec::PreallocatedWrite<Bits>{
          granted, end, size, word(had && is_past(size_before)), word(has && is_past(size))});
  e.claim(
      "A preallocation that fails leaves nothing past the end.",
      implies(error != 0 && given_now, !(has && is_past(size))));
}

void whole_pages(Explorer& e) {
  const Bits pos = e.fresh("pos", kPosBits), count = e.fresh("count", kCountBits);
  const Bits index = e.fresh("index", kPosBits - spec::kPageShift);
  auto pages = ref::f2fs::whole_pages<Bits>(pos, count);
  if (e.broken("takes the page at the head for whole"))
    pages.first = rsh(pos, Bits{spec::kPageShift});
  const Bits start = lsh(index, Bits{spec::kPageShift});
  e.claim(
      "A page is preallocated exactly if the write covers all of it.",
      iff(pages.first <= index && index < pages.end,
          pos <= start && start + spec::kPageSize <= pos + count));
}

}  // namespace

std::vector<Obligation> prealloc_obligations() {
  return {
      {.name = "spec.prealloc.stays_in_limits",
       .tag = "PRE-1, 5.2",
       .subject = "spec",
       .says = "A preallocation fits the largest file and an extent, and leaves free space.",
       .bound = kBound,
       .body = stays_in_limits},
      {.name = "ref.f2fs_prealloc.pass",
       .tag = "F2-5, 7.1",
       .subject = "ref",
       .says =
           "A preallocation goes on while pages get blocks, and is granted in part if space runs "
           "out.",
       .body = preallocation},
      {.name = "ref.f2fs_prealloc.cut",
       .tag = "F2-1",
       .subject = "ref",
       .says = "A write that preallocated and stopped short leaves no block past the end; one that "
               "reached its target leaves none of its own there.",
       .body = cut_at_the_end},
      {.name = "ref.f2fs_prealloc.whole_pages",
       .tag = "7.1",
       .subject = "ref",
       .says = "Blocks are preallocated for the pages that a write covers whole, and no others.",
       .body = whole_pages},
  };
}

}  // namespace quire::proofs
