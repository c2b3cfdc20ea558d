// Cases that aim at a class of input reach it, and a suite whose subject cannot reach one fails.
#include "props/lockstep/aim.h"

#include "props/differential/large_devices.h"
#include "props/lockstep/lockstep.h"
#include "props/peers/arbitrary.h"
#include "props/peers/must_see.h"
#include "props/peers/peer_comparison.h"
#include "props/suites/run_cases.h"
#include "props/suites/run_lockstep.h"
#include "props/suites/run_peer_comparison.h"
#include "tests/props/peers/lying_files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace quire::props {
namespace {

constexpr std::uint64_t kSeed = 11;

/// Of a generator, case number n.
Case drawn(const rc::Gen<Case>& cases, std::uint64_t n) {
  return cases(rc::Random(kSeed + n), rc::kNominalSize).value();
}

struct Place {
  std::uint64_t device_bytes;
  std::uint32_t sector_size;
};

class Aim : public testing::TestWithParam<Place> {};

TEST_P(Aim, ReachesEveryClassInTwoCasesOfThree) {
  const auto [bytes, sector] = GetParam();
  const bool large_device = bytes >= kLargeDeviceBytes;
  const auto ref = make_ref_memory_factory(bytes, sector),
             impl = make_impl_memory_factory(bytes, sector);
  const std::vector<std::vector<SubjectFactory*>> sides{{ref.get()}, {ref.get(), impl.get()}};
  for (const std::vector<SubjectFactory*>& factories : sides) {
    const bool large_folios = factories.size() == 2;
    for (const InputClass& wanted :
         Coverage(sector < 4096, large_folios, large_device, large_folios).all_classes()) {
      int reached = 0;
      for (std::uint64_t n = 0; n < 3; ++n) {
        Coverage coverage(sector < 4096, large_folios, large_device, large_folios);
        Lockstep lockstep(factories, &coverage);
        const Case one = drawn(case_for(wanted, {bytes, sector, false}), n);
        EXPECT_FALSE(lockstep.run(one));
        reached += std::ranges::count(coverage.missing(), wanted) == 0;
      }
      EXPECT_GE(reached, 2) << name_of(wanted);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Devices, Aim,
    testing::Values(
        Place{16 << 20, 512}, Place{16 << 20, 4096}, Place{kDeviceBytesMin, 512},
        Place{kLargeDeviceBytes + (16 << 20), 512}),
    [](const auto& of) {
      return std::to_string(of.param.device_bytes >> 10) + "KiBOf" +
             std::to_string(of.param.sector_size);
    });

TEST(Aim, MeetsEveryAnswerThatARefModelMustGive) {
  const auto ref = make_ref_files(kPeerVolumeBytes), model = make_xfs_files(kModelVolumeBytes);
  const auto classes = must_see(allowance_of("ref-xfs"));
  for (const std::string& name : must_see(allowance_of("ref")))
    EXPECT_EQ(std::ranges::count(classes, name), 1) << "it has every call: " << name;
  for (const std::string& wanted : classes) {
    int met = 0;
    for (std::uint64_t n = 0; n < 3; ++n) {
      PeerComparison comparison(*ref, *model);
      Case one = drawn(case_that_meets(wanted, arbitrary_xfs_case(false)), n);
      one.commands.resize(std::min<std::size_t>(one.commands.size(), 6));
      EXPECT_FALSE(comparison.run(one));
      met += never_seen({wanted}, comparison.answers()).empty();
    }
    EXPECT_GE(met, 2) << wanted;
  }
}

Options options_of(std::uint64_t cases) {
  Options options;
  options.cases = cases;
  options.seed = kSeed;
  return options;
}

TEST(RunLockstep, ReachesEveryClassInTheFewestCasesThatAreHeldToIt) {
  const auto ref = make_ref_memory_factory(16 << 20, 512),
             impl = make_impl_memory_factory(16 << 20, 512);
  auto result = run_lockstep("aimed", {ref.get(), impl.get()}, options_of(kCasesForCoverage));
  demand_coverage(result);
  EXPECT_EQ(result.verdict, Verdict::held) << result.reason;
  EXPECT_EQ(result.cases, kCasesForCoverage);
}

/// impl, but no folio is larger than a page.
class SmallFolios final : public SubjectFactory {
 public:
  explicit SmallFolios(std::unique_ptr<SubjectFactory> factory) : factory_(std::move(factory)) {}
  std::unique_ptr<Subject> make(const Setting& setting, spec::Recorder& recorder) override {
    Setting small = setting;
    small.folio_max = 4096;
    return factory_->make(small, recorder);
  }
  const char* subject_name() const override { return "impl"; }
  std::uint64_t device_bytes() const override { return factory_->device_bytes(); }
  std::uint64_t sector_size() const override { return factory_->sector_size(); }

 private:
  std::unique_ptr<SubjectFactory> factory_;
};

TEST(RunLockstep, FailsWhereNoCaseCanReachAClass) {
  const auto ref = make_ref_memory_factory(16 << 20, 512);
  SmallFolios impl(make_impl_memory_factory(16 << 20, 512));
  auto result = run_lockstep("small", {ref.get(), &impl}, options_of(kCasesForCoverage));
  demand_coverage(result);
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_FALSE(result.counterexample);
  EXPECT_NE(
      result.reason.find("never reached: folio of 2 to 8 pages, uptodate, copied whole"),
      std::string::npos)
      << result.reason;
}

/// ref's plain files on a volume that no command can fill.
class NeverFull final : public HonestFiles {
 public:
  using HonestFiles::HonestFiles;
  void fill(std::uint64_t) override {}
};

class NeverFullFactory final : public FilesFactory {
 public:
  std::unique_ptr<Files> make(const Setting& setting, spec::Recorder& recorder) override {
    return std::make_unique<NeverFull>(factory_->make(setting, recorder), "xfs");
  }

 private:
  std::unique_ptr<FilesFactory> factory_ = make_ref_files(kPeerVolumeBytes);
};

TEST(RunPeerComparison, FailsWhereNoCaseCanMeetAnAnswer) {
  auto result = run_peer_comparison(
      "never-full",
      {[] { return make_ref_files(kPeerVolumeBytes); },
       [] { return std::make_unique<NeverFullFactory>(); }, "memory",
       must_see(allowance_of("xfs"))},
      options_of(kCasesForCoverage), arbitrary_peer_case);
  demand_coverage(result);
  EXPECT_EQ(result.verdict, Verdict::failed);
  EXPECT_FALSE(result.counterexample);
  EXPECT_NE(result.reason.find("never reached: write: ENOSPC"), std::string::npos) << result.reason;
}

}  // namespace
}  // namespace quire::props
