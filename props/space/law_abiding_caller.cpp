#include "props/space/law_abiding_caller.h"

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace quire::props {
namespace {

using Class = AllocatorCoverage;

constexpr std::uint64_t kLongGrant = 1 << 14;  // a map of bits takes memory for each block

std::string text_of(const Extent& e) {
  return "{start " + std::to_string(e.start) + ", length " + std::to_string(e.length) + "}";
}

std::string text_of(std::span<const Extent> granted, std::size_t stored) {
  std::string text = std::to_string(stored);
  for (std::size_t i = 0; i < granted.size(); ++i)
    text += (i == 0 ? ": " : ", ") + text_of(granted[i]);
  return text;
}

std::string text_of(const AllocationRequest& r, std::size_t places) {
  return "allocate({want " + std::to_string(r.want) + ", goal " + std::to_string(r.goal) +
         ", minimum " + std::to_string(r.minimum) + ", alignment " + std::to_string(r.alignment) +
         "}, " + std::to_string(places) + (places == 1 ? " place)" : " places)");
}

}  // namespace

LawAbidingCaller::LawAbidingCaller(
    const AllocatorKind& kind, std::uint64_t blocks, const spec::ClauseText* only,
    AllocatorCoverage* coverage)
    : kind_(kind),
      allocator_(kind.make(blocks)),
      holds_(blocks),
      only_(only),
      coverage_(coverage),
      judgements_(coverage) {
  called("A{" + std::to_string(blocks) + "}");
  judge_counts();
}

void LawAbidingCaller::reserve(std::uint64_t n) {
  const Counts before = counts();
  const bool promised = allocator_->reserve(n);
  called("reserve(" + std::to_string(n) + ") = " + (promised ? "true" : "false"));
  demand(kReservesWhatIsFree, promised == (n <= holds_.free_blocks()));
  const std::uint64_t moved = promised ? n : 0;
  demand(kReservesAllOrNothing, counts() == Counts{before.free - moved, before.reserved + moved});
  if (!promised) met(Class::refused_reserve);
  holds_.reserved += moved;
  judge_counts();
}

void LawAbidingCaller::unreserve(std::uint64_t n) {
  const Counts before = counts();
  allocator_->unreserve(n);
  called("unreserve(" + std::to_string(n) + ")");
  demand(kGivesBackExactly, counts() == Counts{before.free + n, before.reserved - n});
  holds_.reserved -= n;
  judge_counts();
}

void LawAbidingCaller::allocate(const AllocationRequest& request, std::size_t places) {
  constexpr Extent kUntouched{0x6b6b6b6b6b6b6b6b, 0x6b6b6b6b6b6b6b6b};
  std::array<Extent, kPlacesMax + 1> extents;
  extents.fill(kUntouched);
  const Counts before = counts();
  const std::size_t stored = allocator_->allocate(request, std::span(extents).first(places));
  const std::span granted = std::span(extents).first(std::min(stored, places));
  called(text_of(request, places) + " = " + text_of(granted, stored));
  const bool in_places = stored <= places && std::ranges::all_of(
                                                 std::span(extents).subspan(places),
                                                 [&](const Extent& e) { return e == kUntouched; });
  demand(kStaysInItsList, in_places);
  const bool is_plain = request.minimum == 1 && request.alignment == 1;
  demand(kKeepsPromises, stored != 0 || !is_plain);
  if (stored == 0 && has(kFindsRuns)) {
    demand(kFindsEachRun, !holds_.has_room(request.minimum, request.alignment));
  }
  const std::uint64_t total = judge_grants(request, granted);
  demand(kFailsCleanly, counts() == Counts{before.free, before.reserved - total});
  note_outcome(request, granted, total);
  judge_counts();
}

void LawAbidingCaller::release(const Extent& part) {
  const Counts before = counts();
  const Holdings::Grant* const grant = holds_.overlapped({part.start, 1});
  if (grant != nullptr && grant->from_start) met(Class::released_used);
  if (grant != nullptr && grant->owners > 1) met(Class::released_a_share);
  allocator_->release(part);
  called("release(" + text_of(part) + ")");
  const std::uint64_t freed = holds_.take_back(part.start, part.end());
  demand(kGivesBackExactly, counts() == Counts{before.free + freed, before.reserved});
  judge_owners(part);
  judge_counts();
}

void LawAbidingCaller::release_anywhere(const Extent& part) {
  const Counts before = counts();
  // The part may reach past the last number.
  const std::uint64_t part_end = part.start + std::min(part.length, ~part.start);
  const std::uint64_t owned = holds_.take_back(part.start, part_end);
  allocator_->release(part);
  called("release(" + text_of(part) + "), of which " + std::to_string(owned) + " are granted");
  demand(kGivesBackExactly, counts() == Counts{before.free + owned, before.reserved});
  judge_counts();
}

void LawAbidingCaller::mark_used(const Extent& extent) {
  const Counts before = counts();
  const bool marked = allocator_->mark_used(extent);
  called("mark_used(" + text_of(extent) + ") = " + (marked ? "true" : "false"));
  demand(kMarksUsedExactly, marked && counts() == Counts{before.free - extent.length, 0});
  if (!marked) return;
  met(Class::marked_used);
  holds_.grant(extent, true);
  judge_counts();
}

void LawAbidingCaller::share(const Extent& part) {
  const Counts before = counts();
  const bool shared = allocator_->share(part);
  called("share(" + text_of(part) + ") = " + (shared ? "true" : "false"));
  demand(kSharesCleanly, counts() == before);
  if (!shared) return;
  met(Class::shared);
  holds_.share(part.start, part.end());
  judge_owners(part);
  judge_counts();
}

void LawAbidingCaller::resize(std::uint64_t blocks) {
  const Counts before = counts();
  const bool resized = allocator_->resize(blocks);
  called("resize(" + std::to_string(blocks) + ") = " + (resized ? "true" : "false"));
  const std::uint64_t old = holds_.blocks;
  const bool can =
      holds_.granted_end() <= blocks && (blocks >= old || old - blocks <= holds_.free_blocks());
  const std::uint64_t now = can ? blocks : old;
  demand(
      kResizesExactly, resized == can && seen().blocks() == now &&
                           counts() == Counts{before.free + now - old, before.reserved});
  if (resized != can) return;
  met(!can ? Class::refused_resize : now < old ? Class::shrank : Class::grew);
  holds_.blocks = now;
  judge_counts();
}

void LawAbidingCaller::restart() {
  std::vector<std::byte> image(seen().save({}));
  const bool saved = seen().save(image) == image.size();
  std::unique_ptr<AnyAllocator> fresh = kind_.make(holds_.blocks);
  const bool restored = saved && fresh->restore(image);
  allocator_ = std::move(fresh);
  called(std::string("A{n}.restore(save()) = ") + (restored ? "true" : "false"));
  demand(
      kRestoresEverything,
      restored && counts() == Counts{holds_.blocks - holds_.granted_blocks(), 0});
  met(Class::restored);
  holds_.reserved = 0;
  for (const auto& [start, grant] : holds_.granted()) judge_owners({start, grant.length});
  judge_counts();
}

void LawAbidingCaller::age(const Ageing& ageing) {
  told_most_ = kToldOfAgeing;
  std::mt19937_64 random(ageing.seed);
  AllocatorCoverage* const coverage = std::exchange(coverage_, nullptr);
  for (std::uint64_t i = 0; i < ageing.calls; ++i) age_by_a_call(ageing, random);
  give(ageing.shape, ageing.grain);
  coverage_ = coverage;
  told_most_ = ~std::size_t{0};
}

void LawAbidingCaller::age_by_a_call(const Ageing& ageing, std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const std::uint64_t blocks = holds_.blocks;
  const std::uint64_t most =
      ageing.grain != 0 ? ageing.grain : std::clamp<std::uint64_t>(blocks / 64, 1, kLongGrant);
  const std::uint64_t wanted =
      blocks / 100 * ageing.percent_full + blocks % 100 * ageing.percent_full / 100;
  const bool fills = holds_.granted_blocks() < wanted && below(8) != 0;
  if (fills && holds_.reserved == 0) {
    reserve(std::min(1 + below(2 * most), holds_.free_blocks()));
  } else if (fills) {
    // Half of the goals lie behind a grant, as those of a file that grows do.
    const bool behind = !holds_.granted().empty() && below(2) == 0;
    AllocationRequest request{std::min(1 + below(most), holds_.reserved)};
    request.goal = behind ? holds_.grant_of(random()).end() : below(blocks + 1);
    if (below(8) == 0) request.minimum = 1 + below(request.want);
    if (below(8) == 0) request.alignment = std::uint64_t{1} << below(8);
    const std::size_t places = 1 + below(4);
    allocate(request, places);
  } else if (!holds_.granted().empty()) {
    const Extent whole = holds_.grant_of(random());
    const std::uint64_t skip = below(2) == 0 ? 0 : below(whole.length);
    const std::uint64_t rest = whole.length - skip;
    const std::uint64_t length = below(2) == 0 ? rest : 1 + below(rest);
    release(has(kReleasesParts) ? Extent{whole.start + skip, length} : whole);
  } else {
    unreserve(below(holds_.reserved + 1));
  }
}

void LawAbidingCaller::give(Shape shape, std::uint64_t grain) {
  if (shape == Shape::as_aged) return;
  reserve(holds_.free_blocks());
  if (shape == Shape::all_reserved) return;
  const std::uint64_t most =
      shape != Shape::alternate ? holds_.blocks : std::clamp<std::uint64_t>(grain, 1, 2);
  for (std::uint64_t left = holds_.reserved; left != 0; left = holds_.reserved) {
    allocate({std::min(most, left)}, 1);
    if (holds_.reserved == left) return;  // one law is judged alone, and another was broken
  }
  if (shape == Shape::one_free) {
    const Extent last = holds_.grant_of(holds_.granted().size() - 1);
    release(has(kReleasesParts) ? Extent{last.start, 1} : last);
    if (last.length > 1 && !has(kReleasesParts)) {
      reserve(last.length - 1);
      allocate({last.length - 1}, 1);
    }
  } else if (shape == Shape::alternate) {
    std::vector<Extent> odd;
    bool is_odd = false;
    for (const auto& [start, grant] : holds_.granted())
      if ((is_odd = !is_odd)) odd.push_back({start, grant.length});
    for (const Extent& extent : odd) release(extent);
  }
}

void LawAbidingCaller::note_outcome(
    const AllocationRequest& request, std::span<const Extent> granted, std::uint64_t total) {
  if (total == request.want && total > 1) met(Class::granted_all);
  if (total < request.want && total != 0) met(Class::granted_a_part);
  if (granted.size() > 1) met(Class::granted_several);
  if (request.minimum > 1) met(total != 0 ? Class::granted_a_minimum : Class::refused_a_minimum);
  if (request.alignment > 1) met(total != 0 ? Class::granted_aligned : Class::refused_aligned);
  if (total != 0 && request.minimum > 1 && granted.front().start != request.goal)
    met(Class::room_was_found);
  if (granted.empty() || request.alignment != 1) return;
  met(granted.front().start == request.goal ? Class::goal_was_free : Class::goal_was_taken);
}

void LawAbidingCaller::judge_owners(const Extent& part) {
  if (!has(kShares)) return;
  for (const std::uint64_t at : {part.start - 1, part.start, part.end() - 1, part.end()}) {
    if (at < holds_.blocks) demand(kCountsOwners, seen().owners(at) == holds_.owners(at));
  }
}

void LawAbidingCaller::called(std::string call) {
  calls_.push_back(std::move(call));
  if (calls_.size() <= told_most_) return;
  calls_.pop_front();
  ++untold_;
}

void LawAbidingCaller::judge_counts() {
  const Counts now = counts();
  demand(
      kAccountsForEveryBlock,
      seen().blocks() == holds_.blocks && now.reserved == holds_.reserved &&
          now.free + now.reserved + holds_.granted_blocks() == holds_.blocks);
}

/// Takes the extents that allocate() granted. Returns how many blocks they have.
std::uint64_t LawAbidingCaller::judge_grants(
    const AllocationRequest& request, std::span<const Extent> granted) {
  const std::uint64_t room_at_goal = holds_.gap_at(request.goal);
  if (has(kHonoursGoal) && request.alignment == 1 && !granted.empty() &&
      room_at_goal >= request.minimum) {
    demand(kHonoursTheGoal, granted.front().start == request.goal);
  }
  std::uint64_t total = 0;
  for (const Extent& extent : granted) {
    const bool fits = extent.start < holds_.blocks && extent.length <= holds_.blocks - extent.start;
    demand(kGrantsUpToWant, 1 <= extent.length && extent.length <= request.want - total);
    demand(kGrantsTheMinimum, request.minimum <= extent.length);
    demand(kKeepsAlignment, extent.start % request.alignment == 0);
    demand(kGrantsWithinDevice, fits);
    const Holdings::Grant* const of_another = fits ? holds_.overlapped(extent) : nullptr;
    const bool was_used = of_another != nullptr && of_another->from_start;
    if (has(kMarksUsed)) demand(kKeepsUsedBlocks, !was_used);
    demand(kGrantsOnce, of_another == nullptr || was_used);
    // One law may be judged alone while others are broken: do not take such a grant.
    if (extent.length == 0 || extent.length > holds_.reserved || !fits || of_another != nullptr)
      continue;
    holds_.grant(extent);
    holds_.reserved -= extent.length;
    total += extent.length;
  }
  return total;
}

std::string LawAbidingCaller::calls() const {
  std::string text;
  if (untold_ != 0) text = "\n  ... " + std::to_string(untold_) + " calls before these";
  for (const std::string& call : calls_) text += "\n  " + call;
  return text;
}

void LawAbidingCaller::demand(const spec::ClauseText& law, bool holds) const {
  if (judgements_ != nullptr) judgements_->judged(law);
  if (holds || (only_ != nullptr && only_ != &law)) return;
  const Counts now = counts();
  const std::string broken_law = std::string(law.says) + " (" + law.source + ")" + calls() +
                                 "\n  says it has " + std::to_string(now.free) + " free, " +
                                 std::to_string(now.reserved) + " reserved";
  RC_FAIL(broken_law);
}

}  // namespace quire::props
