// Cases on two sets of files: ref's and a peer's, command by command.
#pragma once

#include "props/differential/runner.h"
#include "props/memory/user_buffer.h"
#include "props/peers/case_run.h"
#include "props/peers/files.h"

#include <memory>

namespace quire::props {

/// Runs cases on both and compares them after each command, as CaseRun says. The waits for locks go
/// by the side: "ref" or "peer".
class PeerComparison final : public DifferentialRunner {
 public:
  /// The factories must outlive this object.
  PeerComparison(FilesFactory& ref, FilesFactory& peer) : ref_(ref), peer_(peer) {}

  /// Of all commands so far.
  const AnswerCounts& answers() const { return answers_; }

 private:
  std::unique_ptr<Comparison> compare(const Case& checked, LockWaits& waits) override;

  FilesFactory& ref_;
  FilesFactory& peer_;
  UserMemory ref_memory_, peer_memory_;  // a late page comes only once
  AnswerCounts answers_;
};

}  // namespace quire::props
