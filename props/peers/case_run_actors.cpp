// Commands during which another thread of the peer runs.
#include "props/peers/case_run.h"

#include "spec/geometry.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace quire::props {

void CaseRun::step_with_actors(std::size_t i, const Command& c) {
  std::array<Number, kYieldPointNames.size()> passed{};
  std::size_t next = 0;
  // The page of a write to one alone, if it is cached.
  const Number pos = c.action == Action::write ? place_of(c) : 0;
  const Number bytes = c.action == Action::write ? total_bytes(c) : 0;
  const bool is_of_a_page = bytes != 0 &&
                            pos / spec::kPageSize == (pos + bytes - 1) / spec::kPageSize &&
                            peer_.files().is_cached(c.file, pos);
  // Whatever zeroes what was the end keeps stores out by the invalidate lock (LK-9).
  const bool lets_store = c.action == Action::write && pos <= model(c.file).size();
  bool acts = false;
  const auto visit = [&](YieldPoint point) {
    if (acts) return;  // the thread's own call
    acts = true;
    const Number times = passed[index_of(point)]++;
    const bool was_cached = is_of_a_page && peer_.files().is_cached(c.file, pos);
    // Several may act at one point: fsync makes folios clean, and drop_cache drops them.
    while (next < c.actors.size() && c.actors[next].point == point && c.actors[next].at <= times)
      act(c.actors[next++], lets_store);
    acts = false;
    if (was_cached && !peer_.files().is_cached(c.file, pos) && point == YieldPoint::collected)
      ++answers_[kPageGone];
  };
  if (!peer_.files().at_yields(visit)) {
    throw std::invalid_argument("a second thread works in lockstep, ref-xfs and ref-f2fs alone");
  }
  Command alone = c;
  alone.actors.clear();
  const Number stale_before = peer_.judge().stale(), kept_before = peer_.judge().kept();
  step(i, alone);
  peer_.files().at_yields({});
  if (peer_.judge().stale() != stale_before) ++answers_[kStaleMapping];
  if (peer_.judge().kept() != kept_before) ++answers_[kKeptForAStore];
}

void CaseRun::act(const Actor& actor, bool lets_store) {
  const Number number = actor.command.file;
  std::int64_t answer = 0;
  switch (actor.command.action) {
    case Action::fsync: answer = peer_.files().fsync({number, Handle::kObserver}); break;
    case Action::drop_cache: peer_.files().drop_cache(number); break;
    case Action::store_mapped:
      if (!lets_store || !store_behind_the_end(number)) return;
      break;
    default:
      throw std::invalid_argument(
          "the second thread of a model can fsync, drop_cache and store_mapped alone");
  }
  if (answer != 0) {
    fail(
        {"fsync succeeds on a sound device.", "fsync(2)", peer_.name(), "0",
         std::to_string(answer)});
  }
  ++answers_[actor_class(actor.command.action, actor.point)];
}

std::string actor_class(Action action, YieldPoint point) {
  return fmt::format("{} by a second thread at {}: done", name_of(action), name_of(point));
}

}  // namespace quire::props
