// Writes out of a mapping.
#include "props/differential/expected.h"
#include "props/peers/case_run.h"
#include "props/peers/case_run_calls.h"
#include "props/peers/overlap_values.h"
#include "spec/geometry.h"

#include <fmt/format.h>

#include <algorithm>

namespace quire::props {

using Number = CaseRun::Number;

void CaseRun::write_mapped(const Command& c) {
  const auto from = static_cast<Number>(c.from);
  const Number pos = place_of(c);
  const FileModel& all = model(c.source);
  const Number in_pages = spec::round_up(all.size(), spec::kPageSize);
  // Behind its end the mapping holds what was stored there, until writeback zeroes it.
  const auto stored = stored_page_.find(c.source);
  const bool is_there =
      stored != stored_page_.end() && stored->second == all.size() / spec::kPageSize;
  if (is_there && from < in_pages && all.size() < from + c.length) return;
  const bool grows = in_pages < pos + c.length;
  const std::vector<std::byte> bytes = all.bytes(from, c.length);  // zero where the file ends
  const Number good = from < in_pages ? std::min(in_pages - from, c.length) : 0;

  begins(c.length);
  const auto call = [&](Files& f) {
    return f.write_mapped(
        {c.file, c.handle}, {c.source, c.from, static_cast<std::int64_t>(c.length)}, c.at, c.flags);
  };
  const Outcome ours = limited(ref_.files(), c, call);
  const Outcome theirs = limited(peer_.files(), c, call);
  check_synchronous(ref_, c, pos, bytes, ours.answer);
  check_synchronous(peer_, c, pos, bytes, theirs.answer);
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
  // A write that grows the mapped file grows its source: the peer may accept more than there was
  // before; also on a second try after a failed write that has grown the file.
  const auto most = static_cast<std::int64_t>(written.bytes.size());
  Asked asked = written.asked;
  const bool starts = grows && (ours > 0 || (ours == -EFAULT && allowed_.failed_write_grows));
  if (starts && ours < theirs && theirs <= most) asked.wanted = theirs;
  if (!allows_write(allowed_, asked, theirs)) return differ("the result", ours, theirs);

  FileModel& file = model(c.file);
  const Number before = file.positions.at(c.handle);
  const Number taken = std::max(count_of(ours), count_of(theirs));
  // ref's source is a copy, which its own writing does not change.
  const auto stored = observer_.read(ref_.files(), c.file, written.pos, count_of(ours));
  if (!std::ranges::equal(stored, written.bytes.first(count_of(ours)))) {
    return fail(
        {"Each byte reads as it was written last, or as zero.", "O2, WB-2", ref_.name(),
         "the bytes of the write", "others"});
  }
  const auto got = observer_.read(peer_.files(), c.file, written.pos, count_of(theirs));
  check_adopted(written, from, got);
  if (failure_) return;
  std::vector<std::byte> bytes(written.bytes.begin(), written.bytes.end());
  std::ranges::copy(got, bytes.begin());
  complete(c, {written.pos, bytes, asked}, theirs);
  file.write(written.pos, std::span(bytes).first(taken));
  patch(ref_.files(), c.file, written.pos, written.pos + taken);
  patch(peer_.files(), c.file, written.pos, written.pos + taken);
  if (c.at < 0 && taken > 0) file.positions.at(c.handle) = written.pos + taken;
  settle_position(ref_.files(), c, before, written.pos, ours);
  settle_position(peer_.files(), c, before, written.pos, theirs);
}

void CaseRun::check_adopted(const Written& written, Number from, std::span<const std::byte> got) {
  const OverlapValues values(written.bytes, from, written.pos, allowed_.shows_old_memory);
  for (std::size_t k = 0; k < got.size(); ++k) {
    if (values.allows(k, got[k])) continue;
    return fail(
        {"A write out of the file's own mapping stores what stood where it read.", "LK-8",
         peer_.name(),
         fmt::format("{:#04x}, or what it wrote", static_cast<unsigned>(written.bytes[k])),
         fmt::format("{:#04x} at byte {} of the write", static_cast<unsigned>(got[k]), k)});
  }
}

}  // namespace quire::props
