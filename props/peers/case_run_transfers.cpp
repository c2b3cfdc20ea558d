// Reads and writes.
#include "props/differential/expected.h"
#include "props/differential/transfers.h"
#include "props/memory/pattern.h"
#include "props/peers/call_flags.h"
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"
#include "ref/vfs/rw_flags.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace quire::props {
namespace {

using Number = CaseRun::Number;

bool appends(std::uint64_t handle) { return handle == 1 || handle == 2; }

/// The segments of the first `bytes` bytes.
std::vector<iovec> first_bytes(std::span<const iovec> segments, Number bytes) {
  std::vector<iovec> first;
  for (const iovec& segment : segments) {
    first.push_back({segment.iov_base, std::min<Number>(segment.iov_len, bytes)});
    bytes -= first.back().iov_len;
  }
  return first;
}

}  // namespace

bool CaseRun::is_nowait(const Command& c) const { return asks_not_to_wait(c.flags); }

Number CaseRun::place_of(const Command& c) {
  const FileModel& file = model(c.file);
  if (asks_to_append(c.flags, appends(c.handle))) return file.size();
  return c.at < 0 ? file.positions.at(c.handle) : static_cast<Number>(c.at);
}

void CaseRun::settle_position(
    Files& files, const Command& c, Number before, Number pos, std::int64_t got) {
  if (c.at >= 0) return;
  const Handle h{c.file, c.handle};
  const auto moved = static_cast<std::int64_t>(got > 0 ? pos + count_of(got) : before);
  if (const std::int64_t is = files.seek(h, 0, SEEK_CUR); is != moved) {
    fail(
        {"The position moves by what the call answers.", "GPW-1", files.name(),
         std::to_string(moved), std::to_string(is)});
  }
  const auto wanted = static_cast<std::int64_t>(model(c.file).positions.at(c.handle));
  if (moved != wanted) files.seek(h, wanted, SEEK_SET);
}

std::int64_t CaseRun::waited(
    const Command& c, Number pos, std::span<const std::byte> bytes, std::int64_t answer) {
  // Refused before anything is asked of the file, so there is nothing to wait for.
  const Number asked_at =
      c.at < 0 ? model(c.file).positions.at(c.handle) : static_cast<Number>(c.at);
  if (answer == -EINVAL && answer_at(asked_at, total_bytes(c), 0) == -EINVAL) return answer;
  begins(total_bytes(c));
  const int flags = c.flags & (ref::kDsync | ref::kSync);
  // A write that appends starts at the end of the file, and is cut at the largest size.
  const Number room = spec::kFileSizeMax - pos;
  const std::vector<iovec> segments = first_bytes(ref_.memory().segments(), room);
  const Outcome whole = limited(ref_.files(), c, [&](Files& f) {
    if (room == 0) return std::int64_t{-EFBIG};
    return f.write({c.file, Handle::kObserver}, segments, static_cast<std::int64_t>(pos), flags);
  });
  if (flags != 0) check_synchronous(ref_, c, pos, bytes, whole.answer);
  const bool keeps =
      ours_.nowait_writes
          ? answer == whole.answer || may_not_wait({whole.answer, true, false, false}, answer)
          : answer == -ours_.no_nowait_writes;
  if (!keeps) {
    fail(
        {"A write that does not wait answers what it would, less of it, or EAGAIN.", "IOM-7",
         ref_.name(), std::to_string(whole.answer), std::to_string(answer)});
  }
  return whole.answer;
}

void CaseRun::write(std::size_t i, const Command& c) {
  const Number pos = place_of(c);
  // Every second write can be compressed.
  const bool repeats = allowed_.has_clusters && i % 2 == 0;
  const Number seed = repeats ? seed_of(i) | kRepeating : seed_of(i);
  for (Side* side : {&ref_, &peer_}) fill_sources(side->memory(), c, seed);
  const std::vector<std::byte> bytes = source_bytes(total_bytes(c), seed);
  begins(bytes.size());
  const Handle h{c.file, c.handle};
  const auto write_of = [&](Side& side) {
    return transferred(side, c, pos, [&](Files& f) {
      return f.write(h, side.memory().segments(), c.at, c.flags);
    });
  };
  const Outcome ours = write_of(ref_);
  // The write that waits, below, would hide bytes that this one has left.
  if (ours.answer == -EAGAIN && each_byte_)
    observer_.check_bytes(ref_.files(), c.file, model(c.file));
  const Number slept = peer_.files().slept(), scans = peer_.files().space_scans();
  const Outcome theirs = write_of(peer_);
  count_waits(theirs.answer, slept, scans);
  check_synchronous(ref_, c, pos, bytes, ours.answer);
  if (faults_) {
    note_strike(c);
    note_recovery(c, theirs.answer);
  }
  if (struck_)
    return check_struck_write(c, {pos, bytes, {ours.answer, false, false, false}}, ours, theirs);
  check_synchronous(peer_, c, pos, bytes, theirs.answer);
  const bool waits = !is_nowait(c) || bytes.empty();
  const std::int64_t wanted = waits ? ours.answer : waited(c, pos, bytes, ours.answer);
  check_write(c, {pos, bytes, {wanted, !waits, good_bytes(c) < bytes.size(), full_}}, ours, theirs);
}

void CaseRun::count_waits(std::int64_t answer, Number slept, Number scans) {
  if (slept != peer_.files().slept()) ++answers_["throttled: a writer slept"];
  constexpr std::array kKinds{"user", "group", "project"};
  const auto kinds = std::ranges::count_if(quota_, [](Number limit) { return limit != 0; });
  if (kinds == 0) return;
  const auto first = std::ranges::find_if(quota_, [](Number limit) { return limit != 0; });
  const std::string name =
      kinds > 1 ? "several" : kKinds[static_cast<std::size_t>(first - quota_.begin())];
  if (answer == -EDQUOT) ++answers_["quota of " + name + ": EDQUOT"];
  if (answer > 0 && scans != peer_.files().space_scans())
    ++answers_["quota of " + name + ": done once space was freed"];
}

void CaseRun::check_write(
    const Command& c, const Written& written, const Outcome& ours, Outcome theirs) {
  const std::int64_t wanted = written.asked.wanted;
  const bool lacks = written.asked.nowait && !allowed_.nowait_writes;
  const std::int64_t refusal = -allowed_.no_nowait_writes;
  const bool contended = c.held != HeldLock::none && theirs.answer == -EAGAIN;
  const bool allowed = lacks ? theirs.answer == refusal || contended
                             : allows_write(allowed_, written.asked, theirs.answer);
  if (!allowed) differ("the result", lacks ? refusal : wanted, theirs.answer);
  if (c.answer) check_scripted(c, written.asked, ours.answer, theirs.answer);
  if (theirs.answer == ours.answer && ours.signal != theirs.signal)
    differ("whether SIGXFSZ comes", ours.signal, theirs.signal);
  if (!failure_) settle_write(c, written, ours, theirs.answer);
}

void CaseRun::settle_write(
    const Command& c, const Written& written, const Outcome& ours, std::int64_t answer) {
  const std::int64_t wanted = written.asked.wanted;
  FileModel& file = model(c.file);
  const Number before = file.positions.at(c.handle);
  const bool partly = answer != wanted || count_of(wanted) < written.bytes.size();
  if (partly) complete(c, written, answer);
  file.write(written.pos, written.bytes.first(count_of(wanted)));
  if (partly) {
    const Number end = written.pos + count_of(wanted);
    patch(peer_.files(), c.file, std::min(written.pos + count_of(answer), end), end);
    // What is cached decides what later calls do: the one side has read as much as the other.
    if (!failure_) observer_.check_bytes(ref_.files(), c.file, file);
  }
  if (c.at < 0 && wanted > 0) file.positions.at(c.handle) = written.pos + count_of(wanted);
  settle_position(ref_.files(), c, before, written.pos, ours.answer);
  settle_position(peer_.files(), c, before, written.pos, answer);
}

void CaseRun::check_scripted(
    const Command& c, Asked asked, std::int64_t ours, std::int64_t theirs) {
  // The volume of ref is never full.
  auto broken = full_ ? std::nullopt : judge_scripted_answer(c, ours, ref_.name());
  asked.wanted = *c.answer;
  asked.full = false;
  if (!broken && !allows_write(allowed_, asked, theirs))
    broken = judge_scripted_answer(c, theirs, peer_.name());
  if (broken) fail(std::move(*broken));
}

void CaseRun::complete(const Command& c, const Written& written, std::int64_t answer) {
  FileModel& file = model(c.file);
  const Number old_size = file.size();
  const Number accepted = count_of(answer);
  file.write(written.pos, written.bytes.first(accepted));

  const auto size = static_cast<Number>(peer_.files().size(c.file));
  FileModel seen = file;
  if (may_write_grow(allowed_, answer, written.pos, old_size, size)) {
    seen.resize(size);
  } else if (size != file.size()) {
    fail(
        {"A write grows a file up to what it accepts, and no further.", "WB-6", peer_.name(),
         std::to_string(file.size()), std::to_string(size)});
  }
  const Number from = written.pos + accepted;
  const Number end = std::min(written.pos + written.bytes.size(), file.size());
  const bool shows = may_show_old_memory(allowed_, written.asked);
  observer_.check_bytes(peer_.files(), c.file, seen, [&](Number pos, std::byte) {
    return shows && from <= pos && pos < end && file.at(pos) == std::byte{0};
  });
  if (failure_) return;

  if (full_ && answer != written.asked.wanted) release();
  if (size != file.size())
    peer_.files().truncate({c.file, Handle::kObserver}, static_cast<std::int64_t>(file.size()));
  // Such bytes are neither clean nor dirty and may change again: write over them.
  if (shows) patch(peer_.files(), c.file, from, end);
  if (shows && accepted < written.bytes.size())
    clear_behind(c.file, written.pos + written.bytes.size());
}

void CaseRun::clear_behind(Number file, Number end) {
  const Number size = model(file).size();
  end = std::min(end, spec::round_up(size, spec::kPageSize));
  if (end <= size) return;
  if (full_) release();
  const std::vector<std::byte> zeroes(end - size);
  const iovec bytes{const_cast<std::byte*>(zeroes.data()), zeroes.size()};
  const Handle h{file, Handle::kObserver};
  peer_.files().write(h, {&bytes, 1}, static_cast<std::int64_t>(size), 0);
  peer_.files().truncate(h, static_cast<std::int64_t>(size));
}

void CaseRun::read(const Command& c) {
  FileModel& file = model(c.file);
  const Number before = file.positions.at(c.handle);
  const Number pos = c.at < 0 ? before : static_cast<Number>(c.at);
  for (Side* side : {&ref_, &peer_}) fill_destinations(side->memory(), c);
  const Handle h{c.file, c.handle};
  const auto answer_of = [&](Side& side) {
    return transferred(
               side, c, pos,
               [&](Files& f) { return f.read(h, side.memory().segments(), c.at, c.flags); })
        .answer;
  };
  const std::int64_t ours = answer_of(ref_);
  const bool is_cached = is_nowait(c) && peer_.files().is_cached(c.file, pos);
  const std::int64_t theirs = answer_of(peer_);
  if (is_cached && theirs == -EAGAIN && c.held == HeldLock::none) ++answers_[kReadInPart];

  const Number there = pos < file.size() ? file.size() - pos : 0;
  const bool good = are_call_flags(c.flags) || total_bytes(c) == 0;
  const Number bytes = total_bytes(c);
  const std::int64_t wanted =
      good ? answer_at(pos, bytes, answer_for(std::min(bytes, there), good_bytes(c))) : ours;
  if (faults_) {
    note_strike(c);
    note_recovery(c, theirs);
  }
  const Asked asked{wanted, is_nowait(c) && total_bytes(c) != 0, false, full_};
  const auto says = "A read answers the bytes that the file has and the memory takes.";
  if (!allows_read(asked, ours))
    fail({says, "read(2)", ref_.name(), std::to_string(wanted), std::to_string(ours)});
  const bool lacks = asked.nowait && !allowed_.nowait_reads;
  const bool allowed = lacks ? theirs == -EOPNOTSUPP : allows_read(asked, theirs);
  if (struck_) {
    check_struck_read(c, pos, wanted, theirs);
  } else if (!allowed) {
    fail(
        {says, "read(2)", peer_.name(), std::to_string(lacks ? -EOPNOTSUPP : wanted),
         std::to_string(theirs)});
  }
  if (failure_) return;
  for (const auto& [side, answer] : {std::pair{&ref_, ours}, std::pair{&peer_, theirs}}) {
    auto broken = judge_stored(side->memory(), file, pos, count_of(answer), side->name());
    if (broken) fail(std::move(*broken));
  }
  if (c.at < 0 && wanted > 0) file.positions.at(c.handle) = pos + count_of(wanted);
  settle_position(ref_.files(), c, before, pos, ours);
  settle_position(peer_.files(), c, before, pos, theirs);
}

}  // namespace quire::props
