// Every allocator obeys the laws, and each law refutes an allocator made to break it.
#include "impl/space/bitmap_allocator.h"
#include "impl/space/buddy_allocator.h"
#include "impl/space/extent_allocator.h"
#include "props/space/allocator_case.h"
#include "props/space/counted_blocks.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>
#include <string>

namespace quire::props {
namespace {

RC_GTEST_PROP(AllocatorLaws, BitmapObeysAll, ()) {
  check_allocator_laws(kind_of<impl::BitmapAllocator>("bitmap"));
}

RC_GTEST_PROP(AllocatorLaws, ExtentObeysAll, ()) {
  check_allocator_laws(kind_of<impl::ExtentAllocator>("extent"));
}

RC_GTEST_PROP(AllocatorLaws, BuddyObeysAll, ()) {
  check_allocator_laws(kind_of<impl::BuddyAllocator>("buddy"));
}

RC_GTEST_PROP(AllocatorLaws, CountedBlocksObeysAll, ()) {
  check_allocator_laws(kind_of<CountedBlocks>("counted_blocks"));
}

using Sound = CountedBlocks;
using Request = AllocationRequest;
using Extents = std::span<Extent>;

struct GrantsBehindTheDevice : Sound {
  using Sound::Sound;
  std::size_t allocate(const Request& request, Extents extents) {
    const std::size_t n = Sound::allocate(request, extents);
    if (n != 0) ++extents[0].start;
    return n;
  }
};

struct GrantsTooMuch : Sound {
  using Sound::Sound;
  std::size_t allocate(Request request, Extents extents) {
    request.want = std::min(request.want + 1, reserved_);
    return Sound::allocate(request, extents);
  }
};

struct TakesTheMinimumForAHint : Sound {
  using Sound::Sound;
  std::size_t allocate(Request request, Extents extents) {
    request.minimum = 1;
    return Sound::allocate(request, extents);
  }
};

/// It aligns the first extent of a call alone.
struct AlignsTheFirst : Sound {
  using Sound::Sound;
  std::size_t allocate(Request request, Extents extents) {
    std::size_t n = Sound::allocate(request, extents.first(1));
    if (n == 0 || extents.size() == 1 || extents[0].length == request.want) return n;
    request.want -= extents[0].length;
    request.alignment = 1;
    return request.want < request.minimum ? n : n + Sound::allocate(request, extents.subspan(1));
  }
};

struct AnswersOneMore : Sound {
  using Sound::Sound;
  std::size_t allocate(const Request& request, Extents extents) {
    const std::size_t n = Sound::allocate(request, extents);
    return n == 3 ? 4 : n;
  }
};

/// The second extent of a call is the first.
struct GrantsTwice : Sound {
  using Sound::Sound;
  std::size_t allocate(const Request& request, Extents extents) {
    const std::size_t n = Sound::allocate(request, extents);
    if (n > 1) extents[1].start = extents[0].start;
    return n;
  }
};

struct BreaksPromises : Sound {
  using Sound::Sound;
  std::size_t allocate(const Request& request, Extents extents) {
    return free_ == 0 ? 0 : Sound::allocate(request, extents);
  }
};

struct LosesWhatItCannotGrant : Sound {
  using Sound::Sound;
  std::size_t allocate(const Request& request, Extents extents) {
    const std::size_t n = Sound::allocate(request, extents);
    if (n == 0) --reserved_;
    return n;
  }
};

struct KeepsTheLastBlock : Sound {
  using Sound::Sound;
  bool reserve(std::uint64_t n) { return n < free_blocks() && Sound::reserve(n); }
};

struct ReservesSome : Sound {
  using Sound::Sound;
  bool reserve(std::uint64_t n) {
    if (Sound::reserve(n)) return true;
    (void)Sound::reserve(free_blocks());
    return false;
  }
};

struct LosesReleasedBlocks : Sound {
  using Sound::Sound;
  void release(Extent extent) {
    Sound::release({extent.start, std::min<std::uint64_t>(extent.length, 8)});
  }
};

struct ForgetsReserved : Sound {
  using Sound::Sound;
  std::uint64_t reserved_blocks() const {
    return std::min<std::uint64_t>(Sound::reserved_blocks(), 2);
  }
};

struct StartsAnywhere : Sound {
  using Sound::Sound;
  std::size_t allocate(Request request, Extents extents) {
    request.goal = 0;
    return Sound::allocate(request, extents);
  }
};

/// Its search with a minimum ends at the last block of the device, and does not go on from block 0.
struct DoesNotGoOn : Sound {
  using Sound::Sound;
  std::size_t allocate(const Request& request, Extents extents) {
    Sound before = *this;
    const std::size_t n = Sound::allocate(request, extents);
    if (n == 0 || request.minimum == 1 || extents[0].start >= request.goal) return n;
    static_cast<Sound&>(*this) = before;
    return 0;
  }
};

struct MarksOneLess : Sound {
  using Sound::Sound;
  bool mark_used(Extent extent) { return Sound::mark_used({extent.start, extent.length - 1}); }
};

/// It counts used blocks, and forgets which they are.
struct ForgetsUsedBlocks : Sound {
  using Sound::Sound;
  bool mark_used(Extent extent) {
    free_ -= extent.length;
    return true;
  }
};

struct LosesTheLastShare : Sound {
  using Sound::Sound;
  bool share(Extent extent) { return Sound::share({extent.start, extent.length - 1}); }
};

struct ReservesWhatItShares : Sound {
  using Sound::Sound;
  bool share(Extent extent) { return Sound::reserve(1) && Sound::share(extent); }
};

struct ShrinksBelowWhatIsReserved : Sound {
  using Sound::Sound;
  bool resize(std::uint64_t n) {
    if (n < blocks() && blocks() - n > free_) {
      reserved_ -= std::min(reserved_, blocks() - n);
      return true;
    }
    return Sound::resize(n);
  }
};

struct RestoresAllButTheLast : Sound {
  using Sound::Sound;
  bool restore(std::span<const std::byte> image) {
    if (!Sound::restore(image)) return false;
    if (owners_.back() != 0) ++free_;
    owners_.back() = 0;
    return true;
  }
};

/// The text that RapidCheck prints when A breaks `law`, judged alone; empty if it does not. The
/// seed is fixed, so that a test cannot fail by chance.
template <BlockAllocator A>
std::string refutation_of(const spec::ClauseText& law) {
  rc::detail::TestParams params;
  params.seed = 1;
  params.maxSuccess = 400;
  const auto result = rc::detail::checkTestable(
      [&] { check_allocator_laws(kind_of<A>("broken"), &law); }, rc::detail::TestMetadata{},
      params);
  std::ostringstream text;
  if (result.template is<rc::detail::FailureResult>()) printResultMessage(result, text);
  return text.str();
}

TEST(AllocatorLaws, EachRefutesAnAllocatorThatBreaksIt) {
  const auto is_refuted = [](const spec::ClauseText& law, const std::string& refutation) {
    EXPECT_NE(refutation.find(law.says), std::string::npos) << law.name << ": " << refutation;
  };
  is_refuted(kGrantsWithinDevice, refutation_of<GrantsBehindTheDevice>(kGrantsWithinDevice));
  is_refuted(kGrantsUpToWant, refutation_of<GrantsTooMuch>(kGrantsUpToWant));
  is_refuted(kGrantsTheMinimum, refutation_of<TakesTheMinimumForAHint>(kGrantsTheMinimum));
  is_refuted(kKeepsAlignment, refutation_of<AlignsTheFirst>(kKeepsAlignment));
  is_refuted(kStaysInItsList, refutation_of<AnswersOneMore>(kStaysInItsList));
  is_refuted(kGrantsOnce, refutation_of<GrantsTwice>(kGrantsOnce));
  is_refuted(kKeepsPromises, refutation_of<BreaksPromises>(kKeepsPromises));
  is_refuted(kFailsCleanly, refutation_of<LosesWhatItCannotGrant>(kFailsCleanly));
  is_refuted(kReservesWhatIsFree, refutation_of<KeepsTheLastBlock>(kReservesWhatIsFree));
  is_refuted(kReservesAllOrNothing, refutation_of<ReservesSome>(kReservesAllOrNothing));
  is_refuted(kGivesBackExactly, refutation_of<LosesReleasedBlocks>(kGivesBackExactly));
  is_refuted(kAccountsForEveryBlock, refutation_of<ForgetsReserved>(kAccountsForEveryBlock));
}

TEST(AllocatorLaws, EachOfAPowerRefutesAnAllocatorThatBreaksIt) {
  const auto is_refuted = [](const spec::ClauseText& law, const std::string& refutation) {
    EXPECT_NE(refutation.find(law.says), std::string::npos) << law.name << ": " << refutation;
  };
  is_refuted(kHonoursTheGoal, refutation_of<StartsAnywhere>(kHonoursTheGoal));
  is_refuted(kFindsEachRun, refutation_of<DoesNotGoOn>(kFindsEachRun));
  is_refuted(kMarksUsedExactly, refutation_of<MarksOneLess>(kMarksUsedExactly));
  is_refuted(kKeepsUsedBlocks, refutation_of<ForgetsUsedBlocks>(kKeepsUsedBlocks));
  is_refuted(kCountsOwners, refutation_of<LosesTheLastShare>(kCountsOwners));
  is_refuted(kSharesCleanly, refutation_of<ReservesWhatItShares>(kSharesCleanly));
  is_refuted(kResizesExactly, refutation_of<ShrinksBelowWhatIsReserved>(kResizesExactly));
  is_refuted(kRestoresEverything, refutation_of<RestoresAllButTheLast>(kRestoresEverything));
}

TEST(AllocatorLaws, PrintASmallestCounterexample) {
  const std::string text = refutation_of<LosesReleasedBlocks>(kGivesBackExactly);
  EXPECT_NE(text.find("release({start 0, length 9})"), std::string::npos) << text;
}

}  // namespace
}  // namespace quire::props
