#include "props/peers/peer_comparison.h"

#include "props/judge/judge.h"

namespace quire::props {

std::optional<Failure> PeerComparison::run(const Case& checked) {
  Judge ref_judge("ref", nullptr, &waits_["ref"]), peer_judge("peer", nullptr, &waits_["peer"]);
  const auto ours = ref_.make(checked.setting, ref_judge);
  const auto theirs = peer_.make(checked.setting, peer_judge);
  CaseRun run(
      {*ours, ref_memory_, ref_judge}, {*theirs, peer_memory_, peer_judge}, checked.setting,
      answers_);
  for (std::size_t i = 0; i < checked.commands.size(); ++i) {
    ++commands_;
    run.step(i, checked.commands[i]);
    if (auto found = run.failure()) return found;
  }
  run.finish();
  return run.failure();
}

}  // namespace quire::props
