// Reads and writes.
#include "props/lockstep/expected.h"
#include "props/memory/pattern.h"
#include "props/memory/poison.h"
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

/// Whether the call asks not to wait, and would get as far.
bool nowait(const Command& c) {
  const auto flags = ref::decode_rw_flags(c.flags, appends(c.handle));
  return flags && flags->nowait;
}

Number count_of(std::int64_t answer) { return answer > 0 ? static_cast<Number>(answer) : 0; }

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
  const Outcome whole = limited(ref_.files, c, [&](Files& f) {
    return f.write(
        {c.file, Handle::kObserver}, ref_.memory.segments(), static_cast<std::int64_t>(pos), 0);
  });
  const bool keeps =
      ours_.nowait_writes
          ? answer == whole.answer || may_not_wait({whole.answer, true, false, false}, answer)
          : answer == -ours_.no_nowait_writes;
  if (!keeps) {
    fail(
        {"A write that does not wait answers what it would, less of it, or EAGAIN.", "IOM-7",
         ref_.files.name(), std::to_string(whole.answer), std::to_string(answer)});
  }
  return whole.answer;
}

void CaseRun::write(std::size_t i, const Command& c) {
  const Number pos = place_of(c);
  for (Side* side : {&ref_, &peer_}) {
    side->memory.clear();
    Number first = 0;
    for (const BufferShape& shape : c.memory) {
      side->memory.source(shape, i + 1, first);
      first += shape.size;
    }
  }
  std::vector<std::byte> bytes(total_bytes(c));
  fill_pattern(bytes, i + 1, 0);
  begins(bytes.size());
  const Handle h{c.file, c.handle};
  const Outcome ours = limited(
      ref_.files, c, [&](Files& f) { return f.write(h, ref_.memory.segments(), c.at, c.flags); });
  const Outcome theirs = limited(
      peer_.files, c, [&](Files& f) { return f.write(h, peer_.memory.segments(), c.at, c.flags); });
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
  if (c.answer) check_answer(c, written.asked, ours.answer, theirs.answer);
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
    patch(peer_.files, c.file, std::min(written.pos + count_of(theirs.answer), end), end);
  }
  if (c.at < 0 && wanted > 0) file.positions.at(c.handle) = written.pos + count_of(wanted);
  settle_position(ref_.files, c, before, written.pos, ours.answer);
  settle_position(peer_.files, c, before, written.pos, theirs.answer);
}

void CaseRun::check_answer(
    const Command& c, Asked asked, std::int64_t ours, std::int64_t theirs) {
  const auto says = "A write answers what its vector says.";
  const auto source = "GPW-2, GPW-8, GPW-11";
  const std::string wanted = std::to_string(*c.answer);
  // The volume of ref is never full.
  if (!full_ && !is_answer_of(c, ours))
    fail({says, source, ref_.files.name(), wanted, std::to_string(ours)});
  asked.wanted = *c.answer;
  asked.full = false;
  if (!is_answer_of(c, theirs) && !allows_write(allowed_, asked, theirs))
    fail({says, source, peer_.files.name(), wanted, std::to_string(theirs)});
}

void CaseRun::complete(const Command& c, const Written& written, std::int64_t answer) {
  FileModel& file = model(c.file);
  const Number old_size = file.size();
  const Number accepted = count_of(answer);
  file.write(written.pos, written.bytes.first(accepted));

  const auto size = static_cast<Number>(peer_.files.size(c.file));
  FileModel seen = file;
  if (may_write_grow(allowed_, answer, written.pos, old_size, size)) {
    seen.bytes.resize(size);
  } else if (size != file.size()) {
    fail(
        {"A write grows a file up to what it accepts, and no further.", "WB-6", peer_.files.name(),
         std::to_string(file.size()), std::to_string(size)});
  }
  const Number from = written.pos + accepted;
  const Number end = std::min(written.pos + written.bytes.size(), file.size());
  const bool shows = may_show_old_memory(allowed_, written.asked);
  observer_.check_bytes(peer_.files, c.file, seen, [&](Number pos, std::byte) {
    return shows && from <= pos && pos < end && file.bytes[pos] == std::byte{0};
  });
  if (failure_) return;

  if (full_ && answer != written.asked.wanted) release();
  if (size != file.size())
    peer_.files.truncate({c.file, Handle::kObserver}, static_cast<std::int64_t>(file.size()));
  // Neither clean nor dirty, such bytes may change again: they are written over.
  if (shows) patch(peer_.files, c.file, from, end);
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
  peer_.files.write(h, {&bytes, 1}, static_cast<std::int64_t>(size), 0);
  peer_.files.truncate(h, static_cast<std::int64_t>(size));
}

void CaseRun::read(const Command& c) {
  FileModel& file = model(c.file);
  const Number before = file.positions.at(c.handle);
  const Number pos = c.at < 0 ? before : static_cast<Number>(c.at);
  for (Side* side : {&ref_, &peer_}) {
    side->memory.clear();
    for (const BufferShape& shape : c.memory) side->memory.destination(shape);
  }
  const Handle h{c.file, c.handle};
  const std::int64_t ours = ref_.files.read(h, ref_.memory.segments(), c.at, c.flags);
  const auto call = [&](Files& f) { return f.read(h, peer_.memory.segments(), c.at, c.flags); };
  const std::int64_t theirs = limited(peer_.files, c, call).answer;

  const Number there = pos < file.size() ? file.size() - pos : 0;
  const bool good = ref::decode_rw_flags(c.flags, false).has_value() || total_bytes(c) == 0;
  const std::int64_t wanted =
      good ? answer_for(std::min(total_bytes(c), there), good_bytes(c)) : ours;
  const Asked asked{wanted, nowait(c) && total_bytes(c) != 0, false, full_};
  const auto says = "A read answers the bytes that the file has and the memory takes.";
  if (!allows_read(asked, ours))
    fail({says, "read(2)", ref_.files.name(), std::to_string(wanted), std::to_string(ours)});
  const bool lacks = asked.nowait && !allowed_.nowait_reads;
  const bool allowed = lacks ? theirs == -EOPNOTSUPP : allows_read(asked, theirs);
  if (!allowed) {
    fail(
        {says, "read(2)", peer_.files.name(), std::to_string(lacks ? -EOPNOTSUPP : wanted),
         std::to_string(theirs)});
  }
  if (failure_) return;
  check_read(ref_, c, pos, ours);
  check_read(peer_, c, pos, theirs);
  if (c.at < 0 && wanted > 0) file.positions.at(c.handle) = pos + count_of(wanted);
  settle_position(ref_.files, c, before, pos, ours);
  settle_position(peer_.files, c, before, pos, theirs);
}

void CaseRun::check_read(Side& side, const Command& c, Number pos, std::int64_t answer) {
  const std::vector<std::byte>& bytes = model(c.file).bytes;
  const Number stored = count_of(answer);
  Number at = 0;
  for (const UserBuffer& buffer : side.memory.buffers()) {
    for (Number k = 0; k < buffer.readable; ++k, ++at) {
      const std::byte wanted = at < stored ? bytes[pos + at] : kPoison;
      if (buffer.data[k] == wanted) continue;
      fail(
          {at < stored ? "Each byte reads as it was written last, or as zero."
                       : "A read stores nothing behind its count.",
           "O2", side.files.name(),
           fmt::format("{:#04x} at byte {} of the read", static_cast<unsigned>(wanted), at),
           fmt::format("{:#04x}", static_cast<unsigned>(buffer.data[k]))});
      return;
    }
    at += buffer.size - buffer.readable;
  }
  if (!side.memory.margins_intact()) {
    fail(
        {"A read stores nothing beside its buffers.", "IT-5", side.files.name(), "poison",
         "other bytes"});
  }
}

void CaseRun::write_mapped(const Command& c) {
  const auto from = static_cast<Number>(c.from);
  const Number pos = place_of(c);
  const std::vector<std::byte>& all = model(c.source).bytes;
  const Number in_pages = spec::round_up(all.size(), spec::kPageSize);
  const bool grows = in_pages < pos + c.length;
  std::vector<std::byte> bytes(c.length);  // zero where the file ends
  for (Number k = 0; k < c.length && from + k < all.size(); ++k) bytes[k] = all[from + k];
  const Number good = from < in_pages ? std::min(in_pages - from, c.length) : 0;

  begins(c.length);
  const auto call = [&](Files& f) {
    return f.write_mapped(
        {c.file, c.handle}, {c.source, c.from, static_cast<std::int64_t>(c.length)}, c.at, c.flags);
  };
  const Outcome ours = limited(ref_.files, c, call);
  const Outcome theirs = limited(peer_.files, c, call);
  const Written written{pos, bytes, {ours.answer, false, good < c.length, full_, true}};
  const bool overlaps = from < pos + c.length && pos < from + c.length;
  if (c.file != c.source || ours.answer == 0 || !(overlaps || grows)) {
    check_write(c, written, ours, theirs);
  } else {
    adopt_overlap(c, written, from, grows, ours.answer, theirs.answer);
  }
}

void CaseRun::adopt_overlap(
    const Command& c, const Written& written, Number from, bool grows, std::int64_t ours,
    std::int64_t theirs) {
  // A file that grows brings more of the source into being: more may be taken than could be before;
  // also by a write that failed, where that grows the file and is tried again.
  const auto most = static_cast<std::int64_t>(written.bytes.size());
  Asked asked = written.asked;
  const bool starts = grows && (ours > 0 || (ours == -EFAULT && allowed_.failed_write_grows));
  if (starts && ours < theirs && theirs <= most) asked.wanted = theirs;
  if (!allows_write(allowed_, asked, theirs)) return differ("the result", ours, theirs);

  FileModel& file = model(c.file);
  const Number before = file.positions.at(c.handle);
  const Number taken = std::max(count_of(ours), count_of(theirs));
  // ref's source is a copy, which its own writing does not change.
  const auto stored = observer_.read(ref_.files, c.file, written.pos, count_of(ours));
  if (!std::ranges::equal(stored, written.bytes.first(count_of(ours)))) {
    return fail(
        {"Each byte reads as it was written last, or as zero.", "O2, WB-2", ref_.files.name(),
         "the bytes of the write", "others"});
  }
  const auto got = observer_.read(peer_.files, c.file, written.pos, count_of(theirs));
  check_adopted(written, from, got);
  if (failure_) return;
  std::vector<std::byte> bytes(written.bytes.begin(), written.bytes.end());
  std::ranges::copy(got, bytes.begin());
  complete(c, {written.pos, bytes, asked}, theirs);
  file.write(written.pos, std::span(bytes).first(taken));
  patch(ref_.files, c.file, written.pos, written.pos + taken);
  patch(peer_.files, c.file, written.pos, written.pos + taken);
  if (c.at < 0 && taken > 0) file.positions.at(c.handle) = written.pos + taken;
  settle_position(ref_.files, c, before, written.pos, ours);
  settle_position(peer_.files, c, before, written.pos, theirs);
}

void CaseRun::check_adopted(const Written& written, Number from, std::span<const std::byte> got) {
  const OverlapValues values(written.bytes, from, written.pos, allowed_.shows_old_memory);
  for (std::size_t k = 0; k < got.size(); ++k) {
    if (values.allows(k, got[k])) continue;
    return fail(
        {"A write out of the file's own mapping stores what stood where it read.", "LK-8",
         peer_.files.name(),
         fmt::format("{:#04x}, or what it wrote", static_cast<unsigned>(written.bytes[k])),
         fmt::format("{:#04x} at byte {} of the write", static_cast<unsigned>(got[k]), k)});
  }
}

}  // namespace quire::props
