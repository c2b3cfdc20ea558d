#include "props/peers/observer.h"

#include "props/differential/compared_ranges.h"
#include "props/differential/transfers.h"
#include "props/peers/peer_answers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace quire::props {
namespace {

using Number = std::uint64_t;

constexpr Handle observer_of(Number file) { return {file, Handle::kObserver}; }

std::string text_of(const Hole& hole) {
  return fmt::format("a hole of [{}, {})", hole.start, hole.end);
}

}  // namespace

void Observer::expect(
    Files& files, const char* says, const char* source, std::int64_t wanted, std::int64_t got) {
  if (wanted == got) return;
  fail_({says, source, files.name(), std::to_string(wanted), std::to_string(got)});
}

void Observer::check_handles(Files& files, Number file, const FileModel& model) {
  for (Number h = 0; h < model.positions.size(); ++h) {
    expect(
        files, "Each position is where the calls by its handle have moved it.", "GPW-2",
        static_cast<std::int64_t>(model.positions[h]), files.seek({file, h}, 0, SEEK_CUR));
  }
  expect(
      files, "The size is where the last call has put it.", "WB-6",
      static_cast<std::int64_t>(model.size()), files.size(file));
}

std::vector<std::byte> Observer::read(Files& files, Number file, Number pos, Number n) {
  std::vector<std::byte> bytes(n);
  const iovec whole{bytes.data(), bytes.size()};
  const std::int64_t got =
      n == 0 ? 0 : files.read(observer_of(file), {&whole, 1}, static_cast<std::int64_t>(pos), 0);
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

void Observer::check_bytes(Files& files, Number file, const FileModel& model, const May& may) {
  for (const Range& range : ranges_to_compare(model)) {
    const Number length = range.end - range.start;
    const std::vector<std::byte> got = read(files, file, range.start, length);
    expect(
        files, "Bytes below the size can be read.", "read(2)", static_cast<std::int64_t>(length),
        static_cast<std::int64_t>(got.size()));
    Number k = model.equal_bytes(range.start, got);
    const auto at = [&] { return range.start + k; };
    while (may && k < got.size() && (got[k] == model.at(at()) || may(at(), got[k]))) ++k;
    if (k == got.size()) continue;
    return fail_(wrong_byte(files.name(), at(), model.at(at()), got[k]));
  }
}

bool Observer::shows(Files& files, Number file, const FileModel& model) {
  return std::ranges::all_of(ranges_to_compare(model), [&](const Range& range) {
    const Number length = range.end - range.start;
    return model.equal_bytes(range.start, read(files, file, range.start, length)) == length;
  });
}

std::vector<Hole> Observer::holes(Files& files, Number file, Number size) {
  std::vector<Hole> found;
  for (Number pos = 0; pos < size;) {
    const std::int64_t hole =
        files.seek(observer_of(file), static_cast<std::int64_t>(pos), SEEK_HOLE);
    const auto last = static_cast<std::int64_t>(size);
    if (hole < static_cast<std::int64_t>(pos) || last < hole) {
      expect(files, "A hole lies at the end of every file.", "lseek(2)", last, hole);
      break;
    }
    if (hole == last) break;
    const std::int64_t data = files.seek(observer_of(file), hole, SEEK_DATA);
    const bool more = hole < data && data < last;
    if (!more && !says_no_data(allowance_of(files.name()), last, data)) {
      expect(files, "Data lies behind a hole and below the size.", "lseek(2)", -ENXIO, data);
      break;
    }
    const Number end = more ? static_cast<Number>(data) : size;
    found.push_back({static_cast<Number>(hole), end});
    pos = end;
  }
  return found;
}

bool Observer::check_zero(Files& files, const Hole& hole, const FileModel& model) {
  const Number end = std::min(hole.end, model.size());
  const Number data = hole.start < end ? model.find_nonzero(hole.start, end) : end;
  if (data == end) return true;
  fail_(
      {"A hole reads as zero.", "SEEK_HOLE of lseek(2)", files.name(),
       fmt::format("data at byte {}", data), text_of(hole)});
  return false;
}

void Observer::check_holes(
    Files& ref, Files& peer, Number file, const FileModel& model, bool inside) {
  const std::vector<Hole> ours = holes(ref, file, model.size());
  const std::vector<Hole> theirs = holes(peer, file, model.size());
  for (const Hole& hole : ours) check_zero(ref, hole, model);
  for (const Hole& hole : theirs) {
    const bool is_zero = check_zero(peer, hole, model);
    const bool lies_in_one = std::ranges::any_of(ours, [&](const Hole& whole) {
      return whole.start <= hole.start && hole.end <= whole.end;
    });
    if (!allows_hole(lies_in_one || !inside, is_zero)) {
      fail_(
          {"The peer has no hole where ref has none.", "SEEK_HOLE of lseek(2)", peer.name(),
           "data, or less of a hole", text_of(hole)});
    }
  }
}

}  // namespace quire::props
