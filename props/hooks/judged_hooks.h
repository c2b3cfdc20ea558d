// A write loop's hooks around a user's write_begin and write_end: each answer is judged before the
// loop acts on it.
#pragma once

#include "props/hooks/any_hooks.h"
#include "props/hooks/checked_file.h"
#include "props/hooks/hooks_judge.h"
#include "props/hooks/written_memory.h"
#include "spec/hooks.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace quire::props {

/// For one write. Throws BrokenRule where an answer breaks a rule.
class JudgedHooks {
 public:
  using Number = std::uint64_t;
  /// As many as in libquire.
  static constexpr std::size_t kBatchFolios = 16;

  struct Folio : spec::Begun<Number> {
    std::size_t handle = 0;
    CheckedFolio* folio = nullptr;
    Number begun = 0;                ///< bytes prepared
    std::vector<ref::Block> before;  ///< the blocks as they were prepared
    bool ends_batch = false;         ///< the rest of the folio is not prepared
  };

  /// A range whose bytes are the new ones or the old: they were copied, and then a write_end
  /// failed.
  using CopiedRange = std::pair<Number, Number>;

  JudgedHooks(AnyHooks& hooks, CheckedFile& file, WrittenMemory& memory)
      : hooks_(hooks), file_(file), memory_(memory) {}

  spec::IterState<Number> iter() const { return memory_.state(); }
  void throttle() {}
  Number fault_in(Number n) { return memory_.fault_in(n); }
  bool fatal_signal() { return file_.fails(Trouble::signal); }
  Folio write_begin(Number pos, Number want);
  Number copy(Folio& folio, Number pos, Number n);
  Number write_end(Folio& folio, Number pos, Number n, Number copied);
  void revert(Number n) { memory_.revert(n); }
  void attempt_begins(const spec::LoopState<Number>&) {}
  void attempt_ends(const spec::LoopState<Number>&, bool) {}

  const std::vector<CopiedRange>& lost_copies() const { return lost_copies_; }

 private:
  /// The record of a folio whose write_end has answered `accepted`, or has yet to.
  std::vector<spec::WriteEnd<Number>> records(
      const Folio& folio, Number pos, Number n, Number copied, Number accepted) const;
  void judge_begun(Folio& folio, Number pos, Number want);
  void demand_cause(Number error);

  AnyHooks& hooks_;
  CheckedFile& file_;
  WrittenMemory& memory_;
  std::vector<CopiedRange> lost_copies_;
};

}  // namespace quire::props
