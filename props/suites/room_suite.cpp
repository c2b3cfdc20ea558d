// The suites that hold ref's rooms to its plain write path.
#include "props/peers/arbitrary.h"
#include "props/suites/run_beside.h"
#include "props/suites/suites.h"

namespace quire::props {
namespace {

using MakeFiles = std::unique_ptr<FilesBed> (*)(std::uint64_t bytes);
using Cases = rc::Gen<Case> (*)(bool late);

Suite room(const std::string& kind, const std::string& tag, MakeFiles make, Cases cases) {
  const std::string name = "room-" + kind;
  const Sides sides{
      [] { return make_ref_files(kPeerVolumeBytes); }, [=] { return make(kRoomVolumeBytes); },
      "memory"};
  return {
      name,
      "Any commands, from any memory: ref's plain write path and its room of " + kind +
          " answer alike, and each keeps its clauses.",
      tag, [=](const Options& options) { return run_beside(name, sides, options, cases); }, true};
}

}  // namespace

std::vector<Suite> room_suites() {
  return {
      room("xfs", "XFB, IOM, WB, ACC, O2, O3", make_xfs_files, arbitrary_xfs_case),
      room("f2fs", "F2, ACC, O2, O3", make_f2fs_files, arbitrary_room_case)};
}

}  // namespace quire::props
