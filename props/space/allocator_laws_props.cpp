// Every allocator obeys the laws, and each law refutes an allocator made to break it.
#include "impl/space/bitmap_allocator.h"
#include "props/space/allocator_calls.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>
#include <string>

namespace quire::props {
namespace {

template <BlockAllocator A>
class AllocatorLaw : public testing::Test {
 public:
  AllocatorLaw(const spec::ClauseText& law, Devices devices) : law_(law), devices_(devices) {}
  void TestBody() override {
    rc::detail::checkGTest([this] { check_allocator_laws<A>(&law_, devices_); });
  }

 private:
  const spec::ClauseText& law_;
  const Devices devices_;
};

/// Registers each law as the test "allocator/<name>.<law>"; returns how many there are.
template <BlockAllocator A>
std::size_t obeys_the_laws(const std::string& name, Devices devices) {
  for (const spec::ClauseText* law : kAllocatorLaws) {
    testing::RegisterTest(
        ("allocator/" + name).c_str(), law->name, nullptr, nullptr, __FILE__, __LINE__,
        [=]() -> AllocatorLaw<A>* { return new AllocatorLaw<A>(*law, devices); });
  }
  return kAllocatorLaws.size();
}

[[maybe_unused]] const std::size_t bitmap =
    obeys_the_laws<impl::BitmapAllocator>("bitmap", Devices::any_size);

using Sound = impl::BitmapAllocator;

struct GrantsBehindTheDevice : Sound {
  using Sound::Sound;
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    auto extent = Sound::allocate(want, goal);
    if (extent) ++extent->start;
    return extent;
  }
};

struct GrantsTooMuch : Sound {
  using Sound::Sound;
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    return Sound::allocate(want + 1, goal);
  }
};

struct GrantsTwice : Sound {
  using Sound::Sound;
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    auto extent = Sound::allocate(want, goal);
    if (extent) extent->start = 0;
    return extent;
  }
};

struct BreaksPromises : Sound {
  using Sound::Sound;
  std::optional<Extent> allocate(std::uint64_t want, std::uint64_t goal) {
    return free_blocks() == 0 ? std::nullopt : Sound::allocate(want, goal);
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

struct LosesFreedBlocks : Sound {
  using Sound::Sound;
  void free(Extent extent) {
    Sound::free({extent.start, std::min<std::uint64_t>(extent.length, 8)});
  }
};

struct ForgetsReserved : Sound {
  using Sound::Sound;
  std::uint64_t reserved_blocks() const {
    return std::min<std::uint64_t>(Sound::reserved_blocks(), 2);
  }
};

/// The text that RapidCheck prints when A breaks `law`, judged alone; empty if it does not. The
/// seed is fixed, so that a test cannot fail by chance.
template <BlockAllocator A>
std::string refutation_of(const spec::ClauseText& law) {
  rc::detail::TestParams params;
  params.seed = 1;
  const auto result = rc::detail::checkTestable(
      [&] { check_allocator_laws<A>(&law); }, rc::detail::TestMetadata{}, params);
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
  is_refuted(kGrantsOnce, refutation_of<GrantsTwice>(kGrantsOnce));
  is_refuted(kKeepsPromises, refutation_of<BreaksPromises>(kKeepsPromises));
  is_refuted(kReservesWhatIsFree, refutation_of<KeepsTheLastBlock>(kReservesWhatIsFree));
  is_refuted(kReservesAllOrNothing, refutation_of<ReservesSome>(kReservesAllOrNothing));
  is_refuted(kGivesBackExactly, refutation_of<LosesFreedBlocks>(kGivesBackExactly));
  is_refuted(kAccountsForEveryBlock, refutation_of<ForgetsReserved>(kAccountsForEveryBlock));
}

TEST(AllocatorLaws, PrintASmallestCounterexample) {
  const std::string text = refutation_of<LosesFreedBlocks>(kGivesBackExactly);
  EXPECT_NE(text.find("free({start 0, length 9})"), std::string::npos) << text;
}

}  // namespace
}  // namespace quire::props
