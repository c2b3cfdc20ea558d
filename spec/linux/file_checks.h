// The steps of a write before any byte moves: the generic checks, and the update of privileges and
// times.
#pragma once

#include "spec/clause.h"
#include "spec/geometry.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <cerrno>

namespace quire::spec {

/// The limits of a write (CHK-2).
template <class W>
struct WriteLimits {
  BOOST_HANA_DEFINE_STRUCT(WriteLimits,
    (W, has_fsize_limit),  // 1: the process has a limit (RLIMIT_FSIZE)
    (W, fsize_limit),      // bytes; no byte at or past it is written
    (W, large_file),       // 1: opened for files past 2^31 - 1 bytes (O_LARGEFILE)
    (W, size_max)          // bytes; the largest file of the file system (s_maxbytes)
  );
};

/// The largest file of a handle that was not opened for large ones.
inline constexpr std::uint64_t kSmallFileSizeMax = 0x7fffffff;

/// One pass over the checks of a write: the file, the call and the answer.
template <class W>
struct WriteChecks {
  BOOST_HANA_DEFINE_STRUCT(WriteChecks,
    (W, swapfile),        // 1: the file backs swap
    (W, append),          // 1: written at the end, wherever the position is
    (W, nowait),          // 1: must not wait
    (W, nowait_support),  // 1: buffered writes of this file can do without waiting
    (W, size),            // bytes, in core, when it was checked
    (W, iolock),          // 1: the file's IOLOCK was held
    (WriteLimits<W>, limits),
    (W, pos),             // byte of the file, before
    (W, count),           // bytes left in the iterator, before
    (W, error),           // 0 or a negative errno
    (W, signal),          // 1: SIGXFSZ was sent
    (W, pos_after),
    (W, count_after)
  );
};

/// The attributes that a write may have to change (CHK-5).
template <class W>
struct Attributes {
  BOOST_HANA_DEFINE_STRUCT(Attributes,
    (W, set_uid),      // 1: runs as its owner
    (W, set_gid),      // 1: runs as its group, and the group may run it
    (W, has_caps),     // 1: runs with capabilities of its own
    (W, modify_time),  // ticks of the caller's clock; the change time goes with it
    (W, version)       // counts the changes of the times
  );
};

/// One update of the attributes before a write.
template <class W>
struct ModifiedStep {
  BOOST_HANA_DEFINE_STRUCT(ModifiedStep,
    (W, nowait),
    (W, keeps_suid),  // 1: the caller may keep set-uid and set-gid (CAP_FSETID)
    (W, now),         // the caller's clock
    (W, moved),       // bytes that the call has moved so far
    (W, error),       // 0 or a negative errno
    (Attributes<W>, before),
    (Attributes<W>, after)
  );
};

inline constexpr auto swapfile_comes_first = clause(
    {.operation = "write_checks",
     .name = "swapfile_comes_first",
     .says =
         "A write to a swap file fails with ETXTBSY whatever else is wrong; no other write does.",
     .source = "CHK-1"},
    []<class W>(const WriteChecks<W>& c) {
      return iff(c.swapfile != 0, c.error == error(ETXTBSY));
    });

inline constexpr auto nothing_to_write_changes_nothing = clause(
    {.operation = "write_checks",
     .name = "nothing_to_write_changes_nothing",
     .says = "A write of no bytes returns 0 and leaves the position, even an append.",
     .source = "CHK-1"},
    []<class W>(const WriteChecks<W>& c) {
      return implies(
          c.swapfile == 0 && c.count == 0,
          c.error == 0 && c.pos_after == c.pos && c.count_after == 0);
    });

inline constexpr auto append_starts_at_the_end = clause(
    {.operation = "write_checks",
     .name = "append_starts_at_the_end",
     .says = "An append starts at the file size, read under the IOLOCK; any other write starts at "
             "its own position.",
     .source = "CHK-1"},
    []<class W>(const WriteChecks<W>& c) {
      const auto passes = c.error == 0 && c.count != 0;
      return implies(passes, c.pos_after == ite(c.append != 0, c.size, c.pos)) &&
             implies(passes && c.append != 0, c.iolock != 0);
    });

inline constexpr auto nowait_needs_support = clause(
    {.operation = "write_checks",
     .name = "nowait_needs_support",
     .says = "A write that must not wait fails with EINVAL if the file does not support that; "
             "nothing else fails with EINVAL here, and the limits are checked later.",
     .source = "CHK-1"},
    []<class W>(const WriteChecks<W>& c) {
      return iff(
          c.swapfile == 0 && c.count != 0 && c.nowait != 0 && c.nowait_support == 0,
          c.error == error(EINVAL));
    });

/// Whether the checks come as far as the limits.
template <class W>
TruthOf<W> reaches_limits(const WriteChecks<W>& c) {
  return c.swapfile == 0 && c.count != 0 && (c.nowait == 0 || c.nowait_support != 0);
}

/// Where the write would start, as the limits see it.
template <class W>
W start_of(const WriteChecks<W>& c) {
  return ite(c.append != 0, c.size, c.pos);
}

inline constexpr auto limit_of_the_process_signals = clause(
    {.operation = "write_checks",
     .name = "limit_of_the_process_signals",
     .says = "SIGXFSZ is sent exactly if the write would start at or past the process's limit, and "
             "the write then fails with EFBIG.",
     .source = "CHK-2"},
    []<class W>(const WriteChecks<W>& c) {
      const auto past = c.limits.has_fsize_limit != 0 && c.limits.fsize_limit <= start_of(c);
      return iff(c.signal != 0, reaches_limits(c) && past) &&
             implies(c.signal != 0, c.error == error(EFBIG));
    });

inline constexpr auto no_byte_past_the_limits = clause(
    {.operation = "write_checks",
     .name = "no_byte_past_the_limits",
     .says = "A write that passes the checks ends at or below each limit that applies: the "
             "process's, the file system's and that of a handle for small files.",
     .source = "CHK-2, CHK-3"},
    []<class W>(const WriteChecks<W>& c) {
      const W end = c.pos_after + c.count_after;
      return implies(
          c.error == 0 && c.count != 0,
          c.count_after != 0 && end <= c.limits.size_max &&
              implies(c.limits.large_file == 0, end <= kSmallFileSizeMax) &&
              implies(c.limits.has_fsize_limit != 0, end <= c.limits.fsize_limit));
    });

inline constexpr auto cut_only_at_a_limit = clause(
    {.operation = "write_checks",
     .name = "cut_only_at_a_limit",
     .says = "The count only shrinks, and only to end exactly at a limit; EFBIG means that a limit "
             "is at or below the start.",
     .source = "CHK-2"},
    []<class W>(const WriteChecks<W>& c) {
      const W end = c.pos_after + c.count_after;
      const W start = start_of(c);
      const auto at_limit = end == c.limits.size_max ||
                            (c.limits.large_file == 0 && end == kSmallFileSizeMax) ||
                            (c.limits.has_fsize_limit != 0 && end == c.limits.fsize_limit);
      const auto past_limit = c.limits.size_max <= start ||
                              (c.limits.large_file == 0 && kSmallFileSizeMax <= start) ||
                              (c.limits.has_fsize_limit != 0 && c.limits.fsize_limit <= start);
      return c.count_after <= c.count &&
             implies(c.error == 0 && c.count_after < c.count, at_limit) &&
             implies(c.error == error(EFBIG), past_limit);
    });

inline constexpr auto write_checks_clauses = boost::hana::make_tuple(
    swapfile_comes_first, nothing_to_write_changes_nothing, append_starts_at_the_end,
    nowait_needs_support, limit_of_the_process_signals, no_byte_past_the_limits,
    cut_only_at_a_limit);

template <class W>
constexpr const auto& clauses_of(const WriteChecks<W>&) {
  return write_checks_clauses;
}

/// Whether a write must take privileges off the file.
template <class W>
TruthOf<W> must_drop_privileges(const ModifiedStep<W>& step) {
  return (step.keeps_suid == 0 && (step.before.set_uid != 0 || step.before.set_gid != 0)) ||
         step.before.has_caps != 0;
}

/// Whether a write must set the file's times.
template <class W>
TruthOf<W> must_set_times(const ModifiedStep<W>& step) {
  return step.before.modify_time != step.now;
}

inline constexpr auto privileges_go_before_data = clause(
    {.operation = "file_modified",
     .name = "privileges_go_before_data",
     .says = "A successful update leaves no capability, and no set-uid or set-gid unless the "
             "caller may keep them; no byte was written before it.",
     .source = "CHK-5"},
    []<class W>(const ModifiedStep<W>& step) {
      const auto no_suid = step.after.set_uid == 0 && step.after.set_gid == 0;
      const auto same_suid =
          step.after.set_uid == step.before.set_uid && step.after.set_gid == step.before.set_gid;
      return step.moved == 0 && implies(
                                    step.error == 0, step.after.has_caps == 0 &&
                                                         implies(step.keeps_suid == 0, no_suid) &&
                                                         implies(step.keeps_suid != 0, same_suid));
    });

inline constexpr auto times_are_set_before_data = clause(
    {.operation = "file_modified",
     .name = "times_are_set_before_data",
     .says = "A successful update sets the file's times to the caller's clock, and advances the "
             "version exactly if the times had to change.",
     .source = "CHK-5"},
    []<class W>(const ModifiedStep<W>& step) {
      const W moves = ite(must_set_times(step), W{1}, W{0});
      return implies(
          step.error == 0,
          step.after.modify_time == step.now && step.after.version == step.before.version + moves);
    });

inline constexpr auto nowait_changes_no_attribute = clause(
    {.operation = "file_modified",
     .name = "nowait_changes_no_attribute",
     .says = "A write that must not wait fails with EAGAIN exactly if an attribute must change, "
             "and then changes none.",
     .source = "CHK-5, IOM-6"},
    []<class W>(const ModifiedStep<W>& step) {
      const auto must = must_drop_privileges(step) || must_set_times(step);
      return iff(step.error == error(EAGAIN), step.nowait != 0 && must) &&
             implies(step.error != 0, same(step.before, step.after));
    });

inline constexpr auto file_modified_clauses = boost::hana::make_tuple(
    privileges_go_before_data, times_are_set_before_data, nowait_changes_no_attribute);

template <class W>
constexpr const auto& clauses_of(const ModifiedStep<W>&) {
  return file_modified_clauses;
}

}  // namespace quire::spec
