// The suites that hold ref's rooms to its plain write path.
#include "props/peers/arbitrary.h"
#include "props/peers/must_see.h"
#include "props/suites/run_beside.h"
#include "props/suites/suites.h"

#include <algorithm>

namespace quire::props {
namespace {

using MakeFiles = std::unique_ptr<FilesBed> (*)(std::uint64_t bytes);
using Cases = rc::Gen<Case> (*)(bool late);

/// Of the cases that are asked for: a room tells so many steps that one of its cases takes as long
/// as four of another suite.
constexpr std::uint64_t kShare = 4;

Suite room(const std::string& kind, const std::string& tag, MakeFiles make, Cases cases) {
  const std::string name = "room-" + kind;
  const Sides sides{
      [] { return make_ref_files(kPeerVolumeBytes); }, [=] { return make(kRoomVolumeBytes); },
      "memory", must_see(allowance_of("ref-" + kind))};
  return {
      name,
      "Any commands, from any memory: ref's plain write path and its room of " + kind +
          " answer alike, and each keeps its clauses.",
      tag,
      [=](Options options) {
        options.cases = std::max<std::uint64_t>(options.cases / kShare, 1);
        return run_beside(name, sides, options, cases);
      },
      true};
}

}  // namespace

std::vector<Suite> room_suites() {
  return {
      room("xfs", "XFB, IOM, WB, ACC, O2, O3", make_xfs_files, arbitrary_xfs_case),
      room("f2fs", "F2, ACC, O2, O3", make_f2fs_files, arbitrary_room_case)};
}

}  // namespace quire::props
