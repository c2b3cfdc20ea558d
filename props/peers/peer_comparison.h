// ref beside a file system of the running kernel: whole cases.
#pragma once

#include "props/judge/failure.h"
#include "props/judge/lock_waits.h"
#include "props/lockstep/command.h"
#include "props/memory/user_buffer.h"
#include "props/peers/case_run.h"
#include "props/peers/files.h"

#include <cstdint>
#include <optional>

namespace quire::props {

/// Runs cases on ref and on a peer, and compares them after each command (CaseRun says how).
class PeerComparison {
 public:
  /// The factories must outlive this object.
  PeerComparison(FilesFactory& ref, FilesFactory& peer) : ref_(ref), peer_(peer) {}

  /// The first thing that is not as it should be; nothing if the case holds.
  std::optional<Failure> run(const Case& checked);

  std::uint64_t commands() const { return commands_; }

  /// Of all commands so far.
  const AnswerCounts& answers() const { return answers_; }
  /// By side, "ref" or "peer".
  const LockWaits& waits() const { return waits_; }

 private:
  FilesFactory& ref_;
  FilesFactory& peer_;
  UserMemory ref_memory_, peer_memory_;  // a late page comes only once
  std::uint64_t commands_ = 0;
  AnswerCounts answers_;
  LockWaits waits_;
};

}  // namespace quire::props
