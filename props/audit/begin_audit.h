// The audit of the mappings of ref's model of XFS while a call runs.
#pragma once

#include "props/audit/block_set.h"
#include "ref/linux/xfs/mount.h"
#include "spec/linux/xfs/begin.h"
#include "spec/recorder.h"

#include <cstdint>
#include <map>

namespace quire::props {

/// Stands between a mount and its recorder. It walks the forks of a file where a begin takes the
/// ILOCK, and again where it answers: so it finds anew which blocks that begin reserved, and which
/// fork has them, and judges the marks NEW and SHARED of the mapping by the same clauses. It also
/// compares the fork of a run of writeback at its submission with the one of its completion, and
/// looks behind each release of unused blocks whether a fork has kept them.
class BeginAudit final : public spec::Recorder {
 public:
  explicit BeginAudit(spec::Recorder& next) : next_(next) {}

  /// From now on; the mount must outlive the last step.
  void watch(const ref::xfs::Mount& mount) { mount_ = &mount; }

  void attempt(const spec::Attempt<Number>& step) override { next_.attempt(step); }
  void loop_call(const spec::LoopCall<Number>& call) override { next_.loop_call(call); }
  void step(const spec::Step& step) override;
  void write_end(const spec::WriteEnd<Number>& op) override { next_.write_end(op); }
  void error_event(const spec::ErrorEvent& event) override { next_.error_event(event); }
  void lock_wanted(Number rank, Number key) override { next_.lock_wanted(rank, key); }
  void lock_taken(Number rank, Number key) override;
  void lock_dropped(Number rank, Number key) override;
  void folio_unlock(Number folio_pos, Number file_size, bool folio_dirty) override {
    next_.folio_unlock(folio_pos, file_size, folio_dirty);
  }
  bool wants_stop() override { return next_.wants_stop(); }

 private:
  /// The blocks that the forks of a file had when they had these sequences.
  struct Forks {
    Number data_sequence = 0, cow_sequence = 0;
    BlockSet data, data_delayed, cow;
  };

  Forks forks_of(Number file) const;
  void judge_begin(spec::XfsBegin<Number> begin);
  void submitted(const spec::IoendSubmit<Number>& run);
  void completed(const spec::Completion<Number>& run);
  void released(const spec::DelallocRelease<Number>& block);

  spec::Recorder& next_;
  const ref::xfs::Mount* mount_ = nullptr;
  Number passes_ = 0;           // of writeback, that run
  Number file_ = 0;             // of the ILOCK that was taken last outside of writeback
  Number passed_ = 0;           // the file under writeback
  Number invalidated_ = 0;      // of the invalidate lock that was taken last
  std::map<Number, Forks> at_;  // by file, where that was
  spec::RunAudit<Number> run_{};
};

}  // namespace quire::props
