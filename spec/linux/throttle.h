// Throttling of writers: when a task that dirties pages has to wait for writeback, and how long.
//
// Counts are pages, times milliseconds, rates pages a second. Three thresholds, or marks, divide
// the count of dirty pages: above `background` the flusher runs, up to `freerun` no task waits, and
// at `limit` no task goes on. Between the last two a task waits so that it dirties at its rate: the
// device's rate times a ratio, in 1024ths, that falls as the count rises.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>
#include <cstdint>

namespace quire::spec {

/// One sleep is no longer than this.
inline constexpr std::uint64_t kPauseMax = 200;

/// A page count fits 32 bits, so that its products fit 64 (BDP-4).
inline constexpr std::uint64_t kPageCountMax = 0xffffffff;

/// The longest time between two sleeps that makes a difference.
inline constexpr std::uint64_t kThinkMax = std::uint64_t{1} << 20;

/// A ratio of 1.
inline constexpr std::uint64_t kRatioOne = 1024;

/// A device with no more dirty pages than this has almost nothing to write.
inline constexpr std::uint64_t kAlmostNothing = 8;

/// The thresholds. They follow from the memory that could hold dirty pages.
template <class W>
struct DirtyLimits {
  BOOST_HANA_DEFINE_STRUCT(DirtyLimits,
    (W, background),  // above it the flusher runs
    (W, freerun),     // up to it no task waits
    (W, limit)        // from it on no task goes on
  );
};

/// One round of the loop that makes a task wait.
template <class W>
struct ThrottleRound {
  BOOST_HANA_DEFINE_STRUCT(ThrottleRound,
    (DirtyLimits<W>, marks),
    (W, dirty),      // dirty pages of all devices
    (W, own),        // of them, those of the device that the task writes to
    (W, base_rate),  // of the device
    (W, ratio),      // in 1024ths; 0 at the limit
    (W, rate),       // of the task
    (W, pages),      // that the task has dirtied since it last waited
    (W, think),      // ms since then
    (W, wanted),     // ms to sleep
    (W, slept),      // ms
    (W, nowait),     // 1: the caller wants EAGAIN instead of a sleep
    (W, fatal),      // 1: a fatal signal is pending, after the sleep
    (W, flusher),    // 1: the flusher was started
    (W, answer),     // 0 or EAGAIN
    (W, goes_on)     // 1: another round follows
  );
};

template <Word W>
TruthOf<W> is_free_run(const ThrottleRound<W>& r) {
  return r.dirty <= r.marks.freerun;
}

inline constexpr auto thresholds_are_ordered = clause(
    {.operation = "throttle",
     .name = "thresholds_are_ordered",
     .says = "The background threshold is below the limit, the free-run threshold half way between "
             "them, and no count is wider than 32 bits.",
     .source = "BDP-4, 9"},
    []<class W>(const ThrottleRound<W>& r) {
      const DirtyLimits<W>& m = r.marks;
      return m.background < m.limit && m.limit <= kPageCountMax && r.dirty <= kPageCountMax &&
             r.pages <= kPageCountMax && r.base_rate <= kPageCountMax && r.think <= kThinkMax &&
             m.freerun + m.freerun <= m.background + m.limit &&
             m.background + m.limit <= m.freerun + m.freerun + 1;
    });

inline constexpr auto flusher_runs_above_background = clause(
    {.operation = "throttle",
     .name = "flusher_runs_above_background",
     .says =
         "The flusher is started exactly if more pages are dirty than the background threshold.",
     .source = "9"},
    []<class W>(const ThrottleRound<W>& r) {
      return iff(r.flusher == 1, r.marks.background < r.dirty);
    });

inline constexpr auto free_run_never_waits = clause(
    {.operation = "throttle",
     .name = "free_run_never_waits",
     .says = "Up to the free-run threshold no task waits, and the loop ends.",
     .source = "9"},
    []<class W>(const ThrottleRound<W>& r) {
      return implies(is_free_run(r), r.wanted == 0 && r.answer == 0 && r.goes_on == 0);
    });

inline constexpr auto ratio_falls_to_the_limit = clause(
    {.operation = "throttle",
     .name = "ratio_falls_to_the_limit",
     .says = "The ratio falls in a straight line from 2 at the free-run threshold, over 1 half "
             "way, to 0 at the limit.",
     .source = "9"},
    []<class W>(const ThrottleRound<W>& r) {
      const W span = r.marks.limit - r.marks.freerun;
      const W room = r.marks.limit - min(r.dirty, r.marks.limit);
      return implies(
          !is_free_run(r), product(r.ratio, span) <= product(room, W{2 * kRatioOne}) &&
                               product(room, W{2 * kRatioOne}) < product(r.ratio + 1, span));
    });

inline constexpr auto waits_as_its_rate_asks = clause(
    {.operation = "throttle",
     .name = "waits_as_its_rate_asks",
     .says = "A task's sleep plus the time since its last one is the time that its pages take at "
             "its rate, unless the sleep is cut to the longest.",
     .source = "9"},
    []<class W>(const ThrottleRound<W>& r) {
      const W due = product(r.pages, W{1000});
      const W ends = r.wanted + r.think;
      const auto long_enough = due < product(ends + 1, r.rate);
      const auto not_too_long = product(ends, r.rate) <= due;
      return implies(
          !is_free_run(r),
          (long_enough || r.wanted == kPauseMax) && (not_too_long || r.wanted == 0));
    });

inline constexpr auto sleep_is_bounded = clause(
    {.operation = "throttle",
     .name = "sleep_is_bounded",
     .says = "One sleep takes at most 200 ms.",
     .source = "BDP-3"},
    []<class W>(const ThrottleRound<W>& r) {
      return r.wanted <= kPauseMax && r.slept <= r.wanted;
    });

inline constexpr auto nowait_answers_where_it_would_sleep = clause(
    {.operation = "throttle",
     .name = "nowait_answers_where_it_would_sleep",
     .says = "A caller that must not wait gets EAGAIN exactly where another sleeps; no other "
             "caller gets an error.",
     .source = "BDP-2, IOM-6"},
    []<class W>(const ThrottleRound<W>& r) {
      return iff(r.answer == error(EAGAIN), r.nowait == 1 && r.wanted != 0) &&
             implies(r.answer != error(EAGAIN), r.answer == 0) &&
             implies(r.nowait == 1, r.slept == 0 && r.goes_on == 0);
    });

inline constexpr auto goes_on_only_at_rate_zero = clause(
    {.operation = "throttle",
     .name = "goes_on_only_at_rate_zero",
     .says = "Another round follows a sleep exactly if the rate is 0, the device has pages to "
             "write, and no fatal signal is pending; a fatal signal ends the wait with success.",
     .source = "9, BDP-3"},
    []<class W>(const ThrottleRound<W>& r) {
      return iff(r.goes_on == 1, r.wanted != 0 && r.nowait == 0 && r.rate == 0 &&
                                     kAlmostNothing < r.own && r.fatal == 0) &&
             implies(r.fatal == 1 && r.nowait == 0, r.answer == 0);
    });

inline constexpr auto throttle_clauses = boost::hana::make_tuple(
    thresholds_are_ordered, flusher_runs_above_background, free_run_never_waits,
    ratio_falls_to_the_limit, waits_as_its_rate_asks, sleep_is_bounded,
    nowait_answers_where_it_would_sleep, goes_on_only_at_rate_zero);

template <class W>
constexpr const auto& clauses_of(const ThrottleRound<W>&) {
  return throttle_clauses;
}

/// Whether a task has to check the limits, after it dirtied pages.
template <class W>
struct QuotaCheck {
  BOOST_HANA_DEFINE_STRUCT(QuotaCheck,
    (W, pages),        // that the task has dirtied since it last waited
    (W, quota),        // that it may dirty before it has to check
    (W, unasked),      // dirtied by all tasks since any of them checked
    (W, unasked_max),
    (W, leftovers),    // dirtied by tasks that have exited, before and after
    (W, leftovers_after),
    (W, charged),      // of them, those charged to this task
    (W, asks)          // 1: it checks whether it must wait
  );
};

inline constexpr auto asks_when_its_quota_is_used = clause(
    {.operation = "throttle",
     .name = "asks_when_its_quota_is_used",
     .says = "A task checks the limits exactly if it has used up its quota, pages of exited tasks "
             "included, or if all tasks together dirtied much without a check.",
     .source = "9"},
    []<class W>(const QuotaCheck<W>& c) {
      return iff(c.asks == 1, c.quota <= c.pages + c.charged || c.unasked_max <= c.unasked);
    });

inline constexpr auto leftovers_are_charged_once = clause(
    {.operation = "throttle",
     .name = "leftovers_are_charged_once",
     .says = "Pages dirtied by exited tasks are charged to other tasks, once, and to no task "
             "beyond its quota.",
     .source = "9"},
    []<class W>(const QuotaCheck<W>& c) {
      const W room = c.quota - min(c.pages, c.quota);
      return c.charged == min(room, c.leftovers) && c.leftovers_after + c.charged == c.leftovers;
    });

inline constexpr auto quota_clauses =
    boost::hana::make_tuple(asks_when_its_quota_is_used, leftovers_are_charged_once);

template <class W>
constexpr const auto& clauses_of(const QuotaCheck<W>&) {
  return quota_clauses;
}

/// A pass of writeback that a writer makes because too much is dirty. Bytes of the whole volume.
template <class W>
struct ThrottlePass {
  BOOST_HANA_DEFINE_STRUCT(ThrottlePass,
    (W, limit),          // bytes that may stay dirty
    (W, dirty_before),
    (W, written),        // submitted to the device by this pass
    (W, dirty_after),
    (W, writable_after)  // of them, those that another pass could submit
  );
};

inline constexpr auto pass_ends_below_the_limit = clause(
    {.operation = "throttle",
     .name = "pass_ends_below_the_limit",
     .says = "After a pass no more than the limit is dirty, or no file has anything left that can "
             "be written.",
     .source = "BDP-6"},
    []<class W>(const ThrottlePass<W>& p) {
      return p.dirty_after <= p.limit || p.writable_after == 0;
    });

inline constexpr auto nothing_is_written_below_the_limit = clause(
    {.operation = "throttle",
     .name = "nothing_is_written_below_the_limit",
     .says = "A writer writes nothing back while no more than the limit is dirty.",
     .source = "BDP-6"},
    []<class W>(const ThrottlePass<W>& p) {
      return implies(p.dirty_before <= p.limit, p.written == 0);
    });

inline constexpr auto throttle_pass_clauses =
    boost::hana::make_tuple(pass_ends_below_the_limit, nothing_is_written_below_the_limit);

template <class W>
constexpr const auto& clauses_of(const ThrottlePass<W>&) {
  return throttle_pass_clauses;
}

/// The count of dirty pages, and the pages themselves.
template <class W>
struct DirtyCount {
  BOOST_HANA_DEFINE_STRUCT(DirtyCount,
    (W, counted),
    (W, cached)  // pages of all folios that are dirty
  );
};

inline constexpr auto counts_whole_folios = clause(
    {.operation = "throttle",
     .name = "counts_whole_folios",
     .says = "The count of dirty pages is the number of all pages of the dirty folios.",
     .source = "BDP-5"},
    []<class W>(const DirtyCount<W>& c) { return c.counted == c.cached; });

inline constexpr auto dirty_count_clauses = boost::hana::make_tuple(counts_whole_folios);

template <class W>
constexpr const auto& clauses_of(const DirtyCount<W>&) {
  return dirty_count_clauses;
}

}  // namespace quire::spec
