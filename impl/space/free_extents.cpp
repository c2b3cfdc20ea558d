#include "impl/space/free_extents.h"

#include "impl/space/free_run.h"

#include <iterator>

namespace quire::impl {

/// Of the runs of this length, of which there is one, the first from the goal on, or else of all.
const FreeExtents::Run& FreeExtents::nearest(Number length, Number goal) const noexcept {
  const auto near = by_size_.lower_bound(Size{length, goal}, BySize());
  if (near != by_size_.end() && near->length() == length) return *near;
  return *by_size_.lower_bound(Size{length, 0}, BySize());
}

/// In the smallest run that has all that is wanted.
FreeExtents::Range FreeExtents::find_all(const Fit<Number>& fit) const noexcept {
  auto at = by_size_.lower_bound(Size{fit.want, 0}, BySize());
  if (at != by_size_.end() && fit.alignment <= 1) {
    const Number start = nearest(at->length(), fit.goal).start;
    return {start, start + fit.want};
  }
  for (; at != by_size_.end(); ++at) {
    const Range found =
        fitting_part<Number>({at->start, at->end}, fit.want, fit.want, fit.alignment);
    if (found.start != found.end) return found;
  }
  return {0, 0};
}

/// The longest part that fits, where no run has all that is wanted.
FreeExtents::Range FreeExtents::find_longest(const Fit<Number>& fit) const noexcept {
  auto at = by_size_.rbegin();
  if (at != by_size_.rend() && fit.alignment <= 1) {
    const Run& run = nearest(at->length(), fit.goal);
    return fitting_part<Number>({run.start, run.end}, fit.want, fit.minimum, Number{1});
  }
  Range longest{0, 0};
  for (; at != by_size_.rend(); ++at) {
    if (at->length() < fit.minimum || at->length() <= longest.end - longest.start) break;
    const Range found =
        fitting_part<Number>({at->start, at->end}, fit.want, fit.minimum, fit.alignment);
    if (longest.end - longest.start < found.end - found.start) longest = found;
  }
  return longest;
}

FreeExtents::Range FreeExtents::find(const Fit<Number>& fit) const noexcept {
  const Range found = find_all(fit);
  return found.start != found.end ? found : find_longest(fit);
}

bool FreeExtents::take(Range range) noexcept {
  Run& run = *std::prev(by_place_.upper_bound(range.start, ByPlace()));
  const RunRest<Number> rest = rest_of<Number>({run.start, run.end}, range);
  const Number runs = runs_in(rest);
  if (runs == 0) {
    remove(run);
  } else if (runs == 1) {
    change(run, rest.head.start < rest.head.end ? rest.head : rest.tail);
  } else {
    if (make(rest.tail) == nullptr) return false;
    change(run, rest.head);
  }
  return true;
}

bool FreeExtents::give(Range range) noexcept {
  const auto behind = by_place_.upper_bound(range.start, ByPlace());
  Run* const before = behind == by_place_.begin() ? nullptr : &*std::prev(behind);
  const auto blocks_of = [](const Run& run) { return Range{run.start, run.end}; };
  const bool joins_before = before != nullptr && before->end == range.start;
  const bool joins_behind = behind != by_place_.end() && behind->start == range.end;
  const Range whole = joined<Number>(
      joins_before ? blocks_of(*before) : range, range, joins_behind ? blocks_of(*behind) : range);
  if (!joins_before && !joins_behind) return make(whole) != nullptr;
  if (joins_before && joins_behind) remove(*behind);
  change(joins_before ? *before : *behind, whole);
  return true;
}

void FreeExtents::clear() noexcept {
  by_size_.clear();
  by_place_.clear_and_dispose([&](Run* run) { memory_.delete_object(run); });
}

/// Null where memory ran out.
FreeExtents::Run* FreeExtents::make(Range range) noexcept {
  try {
    Run* const run = memory_.new_object<Run>(Run{range.start, range.end});
    by_place_.insert(*run);
    by_size_.insert(*run);
    return run;
  } catch (...) {
    return nullptr;
  }
}

void FreeExtents::remove(Run& run) noexcept {
  by_size_.erase(by_size_.iterator_to(run));
  by_place_.erase_and_dispose(
      by_place_.iterator_to(run), [&](Run* gone) { memory_.delete_object(gone); });
}

/// The run keeps its place among the others.
void FreeExtents::change(Run& run, Range range) noexcept {
  by_size_.erase(by_size_.iterator_to(run));
  run.start = range.start;
  run.end = range.end;
  by_size_.insert(run);
}

}  // namespace quire::impl
