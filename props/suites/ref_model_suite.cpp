// The suites that compare ref's models of XFS and F2FS with its plain write path.
#include "props/peers/arbitrary.h"
#include "props/peers/must_see.h"
#include "props/suites/run_peer_comparison.h"
#include "props/suites/suites.h"

#include <algorithm>

namespace quire::props {
namespace {

using MakeFiles = std::unique_ptr<FilesFactory> (*)(std::uint64_t bytes);
using Cases = rc::Gen<Case> (*)(bool late);

/// One case in so many of those asked for: a model records so many steps that its case takes as
/// long as four of another suite.
constexpr std::uint64_t kShare = 4;

Suite ref_model(const std::string& kind, const std::string& tag, MakeFiles make, Cases cases) {
  const std::string name = "ref-" + kind;
  const Sides sides{
      [] { return make_ref_files(kPeerVolumeBytes); }, [=] { return make(kModelVolumeBytes); },
      "memory", must_see(allowance_of("ref-" + kind))};
  return {
      name,
      "Any commands, from any memory: ref's plain write path and its model of " + kind +
          " answer alike, and each keeps its clauses.",
      tag,
      [=](Options options) {
        options.cases = std::max<std::uint64_t>(options.cases / kShare, 1);
        return run_peer_comparison(name, sides, options, cases);
      },
      true,
      true,
      kShare};
}

Suite turned_quotas() {
  const std::string name = "ref-xfs-quota";
  const Sides sides{
      [] { return make_turned_xfs_files(kModelVolumeBytes); },
      [] { return make_xfs_files(kModelVolumeBytes); }, "memory", must_see_under_quotas()};
  return {
      name,
      "Under quotas of users, groups and projects ref's model of XFS answers the same whichever "
      "kind "
      "a limit is of, and keeps its clauses.",
      "XFB-5, XFB-9, ACC-1",
      [=](Options options) {
        options.cases = std::max<std::uint64_t>(options.cases / kShare, 1);
        return run_peer_comparison(name, sides, options, arbitrary_quota_case);
      },
      true};
}

}  // namespace

std::vector<Suite> ref_model_suites() {
  return {
      ref_model("xfs", "XFB, IOM, WB, ACC, O2, O3", make_xfs_files, arbitrary_xfs_case),
      ref_model("f2fs", "F2, ACC, O2, O3", make_f2fs_files, arbitrary_f2fs_case),
      turned_quotas()};
}

}  // namespace quire::props
