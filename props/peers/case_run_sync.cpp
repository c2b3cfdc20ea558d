// Calls that promise durable bytes.
#include "props/differential/expected.h"
#include "props/peers/call_flags.h"
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"
#include "props/peers/durable.h"

namespace quire::props {

void CaseRun::sync(const Command& c) {
  const Handle h{c.file, c.handle};
  model(c.file);
  const bool all = c.action == Action::syncfs;
  const auto is_promised = [&](Number number) { return all || number == c.file; };
  // Only a sync that something depends on shows anything: note whether a power cut before it would
  // have taken bytes of the peer's.
  bool needed = false, other_needed = false;
  for (const auto& [number, file] : models_) {
    if (!is_promised(number) || !judge_durable(peer_.files(), number, file)) continue;
    needed = true;
    other_needed = other_needed || number != c.file;
  }
  const Number writes = peer_.files().device_counts().writes;
  const std::int64_t answer = same_on_both(c, [&](Files& f) {
    return all ? f.syncfs(h) : c.action == Action::fsync ? f.fsync(h) : f.fdatasync(h);
  });
  if (answer != 0) return;
  for (const auto& [number, file] : models_) {
    if (is_promised(number)) check_durable(number, file);
  }
  if (needed) ++answers_["made durable: " + class_of(c)];
  if (other_needed) ++answers_["made durable: the other file, by syncfs"];
  if (needed && writes == peer_.files().device_counts().writes)
    ++answers_["made durable: by a flush alone"];
}

void CaseRun::check_durable(Number number, const FileModel& file) {
  for (Side* side : {&ref_, &peer_}) {
    if (auto lost = judge_durable(side->files(), number, file)) fail(std::move(*lost));
  }
}

bool CaseRun::is_synchronous(const Command& c) const {
  const bool by_handle = c.handle == Handle::kSync && sync_ != 0;
  return asks_to_sync(c.flags) || (by_handle && are_call_flags(c.flags));
}

void CaseRun::check_synchronous(
    Side& side, const Command& c, Number pos, std::span<const std::byte> bytes,
    std::int64_t answer) {
  if (answer <= 0 || !is_synchronous(c)) return;
  if (auto lost = judge_durable(side.files(), c.file, pos, bytes.first(count_of(answer))))
    return fail(std::move(*lost));
  if (&side != &peer_ || !side.files().durable_size(c.file)) return;
  ++answers_["made durable: " + class_of(c)];
  if (c.handle == Handle::kSync && sync_ != 0)
    ++answers_[sync_ == 1 ? "made durable: write by O_DSYNC" : "made durable: write by O_SYNC"];
}

}  // namespace quire::props
