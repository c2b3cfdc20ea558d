// Reads and writes.
#include "props/differential/expected.h"
#include "props/differential/transfers.h"
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"
#include "ref/vfs/rw_flags.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace quire::props {
namespace {

using Number = CaseRun::Number;

bool appends(std::uint64_t handle) { return handle == 1 || handle == 2; }

/// Whether the call asks not to wait, and its flags are valid.
bool nowait(const Command& c) {
  const auto flags = ref::decode_rw_flags(c.flags, appends(c.handle));
  return flags && flags->nowait;
}

}  // namespace

Number CaseRun::place_of(const Command& c) {
  const auto flags = ref::decode_rw_flags(c.flags, appends(c.handle));
  const FileModel& file = model(c.file);
  if (flags && flags->append) return file.size();
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

std::int64_t CaseRun::waited(const Command& c, Number pos, std::int64_t answer) {
  begins(total_bytes(c));
  const Outcome whole = limited(ref_.files(), c, [&](Files& f) {
    return f.write(
        {c.file, Handle::kObserver}, ref_.memory().segments(), static_cast<std::int64_t>(pos), 0);
  });
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
  for (Side* side : {&ref_, &peer_}) fill_sources(side->memory(), c, seed_of(i));
  const std::vector<std::byte> bytes = source_bytes(total_bytes(c), seed_of(i));
  begins(bytes.size());
  const Handle h{c.file, c.handle};
  const Outcome ours = limited(ref_.files(), c, [&](Files& f) {
    return f.write(h, ref_.memory().segments(), c.at, c.flags);
  });
  const Outcome theirs = limited(peer_.files(), c, [&](Files& f) {
    return f.write(h, peer_.memory().segments(), c.at, c.flags);
  });
  const bool waits = !nowait(c) || bytes.empty();
  const std::int64_t wanted = waits ? ours.answer : waited(c, pos, ours.answer);
  check_write(c, {pos, bytes, {wanted, !waits, good_bytes(c) < bytes.size(), full_}}, ours, theirs);
}

void CaseRun::check_write(
    const Command& c, const Written& written, const Outcome& ours, Outcome theirs) {
  const std::int64_t wanted = written.asked.wanted;
  const bool lacks = written.asked.nowait && !allowed_.nowait_writes;
  const std::int64_t refusal = -allowed_.no_nowait_writes;
  const bool allowed =
      lacks ? theirs.answer == refusal : allows_write(allowed_, written.asked, theirs.answer);
  if (!allowed) differ("the result", lacks ? refusal : wanted, theirs.answer);
  if (c.answer) check_scripted(c, written.asked, ours.answer, theirs.answer);
  if (theirs.answer == ours.answer && ours.signal != theirs.signal)
    differ("whether SIGXFSZ comes", ours.signal, theirs.signal);
  if (failure_) return;

  FileModel& file = model(c.file);
  const Number before = file.positions.at(c.handle);
  const bool partly = theirs.answer != wanted || count_of(wanted) < written.bytes.size();
  if (partly) complete(c, written, theirs.answer);
  file.write(written.pos, written.bytes.first(count_of(wanted)));
  if (partly) {
    const Number end = written.pos + count_of(wanted);
    patch(peer_.files(), c.file, std::min(written.pos + count_of(theirs.answer), end), end);
  }
  if (c.at < 0 && wanted > 0) file.positions.at(c.handle) = written.pos + count_of(wanted);
  settle_position(ref_.files(), c, before, written.pos, ours.answer);
  settle_position(peer_.files(), c, before, written.pos, theirs.answer);
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
    seen.bytes.resize(size);
  } else if (size != file.size()) {
    fail(
        {"A write grows a file up to what it accepts, and no further.", "WB-6", peer_.name(),
         std::to_string(file.size()), std::to_string(size)});
  }
  const Number from = written.pos + accepted;
  const Number end = std::min(written.pos + written.bytes.size(), file.size());
  const bool shows = may_show_old_memory(allowed_, written.asked);
  observer_.check_bytes(peer_.files(), c.file, seen, [&](Number pos, std::byte) {
    return shows && from <= pos && pos < end && file.bytes[pos] == std::byte{0};
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
  const std::int64_t ours = ref_.files().read(h, ref_.memory().segments(), c.at, c.flags);
  const auto call = [&](Files& f) { return f.read(h, peer_.memory().segments(), c.at, c.flags); };
  const std::int64_t theirs = limited(peer_.files(), c, call).answer;

  const Number there = pos < file.size() ? file.size() - pos : 0;
  const bool good = ref::decode_rw_flags(c.flags, false).has_value() || total_bytes(c) == 0;
  const std::int64_t wanted =
      good ? answer_for(std::min(total_bytes(c), there), good_bytes(c)) : ours;
  const Asked asked{wanted, nowait(c) && total_bytes(c) != 0, false, full_};
  const auto says = "A read answers the bytes that the file has and the memory takes.";
  if (!allows_read(asked, ours))
    fail({says, "read(2)", ref_.name(), std::to_string(wanted), std::to_string(ours)});
  const bool lacks = asked.nowait && !allowed_.nowait_reads;
  const bool allowed = lacks ? theirs == -EOPNOTSUPP : allows_read(asked, theirs);
  if (!allowed) {
    fail(
        {says, "read(2)", peer_.name(), std::to_string(lacks ? -EOPNOTSUPP : wanted),
         std::to_string(theirs)});
  }
  if (failure_) return;
  for (const auto& [side, answer] : {std::pair{&ref_, ours}, std::pair{&peer_, theirs}}) {
    auto broken = judge_stored(side->memory(), file.bytes, pos, count_of(answer), side->name());
    if (broken) fail(std::move(*broken));
  }
  if (c.at < 0 && wanted > 0) file.positions.at(c.handle) = pos + count_of(wanted);
  settle_position(ref_.files(), c, before, pos, ours);
  settle_position(peer_.files(), c, before, pos, theirs);
}

}  // namespace quire::props
