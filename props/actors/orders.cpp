#include "props/actors/orders.h"

#include "props/differential/expected.h"
#include "props/differential/transfers.h"
#include "spec/geometry.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace quire::props {
namespace {

using Number = std::uint64_t;

Number place_of(const Command& c, const FileModel& file) {
  return c.at < 0 ? file.positions[0] : static_cast<Number>(c.at);
}

Failure unexpected(
    const std::string& subject, const char* says, const char* source, std::int64_t wanted,
    std::int64_t got) {
  return {says, source, subject, std::to_string(wanted), std::to_string(got)};
}

std::optional<Failure> write(FileModels& files, const Played& call, const std::string& subject) {
  const Command& c = *call.command;
  FileModel& file = files[c.file];
  const Number pos = place_of(c, file);
  const Number bytes = total_bytes(c);
  const std::int64_t wanted = answer_at(pos, bytes, answer_for(bytes, good_bytes(c)));
  if (call.answer != wanted && !(call.may_run_out && stopped_for_space(c, call.answer))) {
    return unexpected(
        subject,
        "A write accepts exactly the bytes before the first that cannot be read, unless the "
        "volume is full.",
        "GPW-2, GPW-8, GPW-11", wanted, call.answer);
  }
  const Number accepted = count_of(call.answer);
  if (accepted != 0) file.write(pos, source_bytes(accepted, call.seed));
  if (c.at < 0) file.positions[0] += accepted;
  return std::nullopt;
}

/// The bytes that a read has counted.
std::vector<std::byte> stored_bytes(const Played& call) {
  std::vector<std::byte> bytes;
  Number left = count_of(call.answer);
  for (const UserBuffer& buffer : call.memory->buffers()) {
    const auto n = static_cast<std::ptrdiff_t>(std::min<Number>(left, buffer.readable));
    bytes.insert(bytes.end(), buffer.data, buffer.data + n);
    left -= static_cast<Number>(n);
  }
  return bytes;
}

std::optional<Failure> read(FileModel& file, const Played& call, const std::string& subject) {
  const Command& c = *call.command;
  const Number pos = place_of(c, file);
  const Number there = pos < file.size() ? file.size() - pos : 0;
  const Number bytes = total_bytes(c);
  const std::int64_t wanted =
      answer_at(pos, bytes, answer_for(std::min(bytes, there), good_bytes(c)));
  if (call.answer != wanted) {
    return unexpected(
        subject, "A read answers the bytes that the file has and the memory takes.", "read(2)",
        wanted, call.answer);
  }
  const Number stored = count_of(call.answer);
  if (auto broken = judge_stored(*call.memory, file, pos, stored, subject)) {
    const bool counted = file.equal_bytes(pos, stored_bytes(call)) == stored;
    if (!call.was_cut || !counted || !call.memory->margins_intact()) return broken;
  }
  if (c.at < 0) file.positions[0] += stored;
  return std::nullopt;
}

/// Whether the read has seen the file with a part of a write that has not ended.
bool saw_a_part(const FileModel& file, const Played& call, const Played& written) {
  const Number pos = place_of(*written.command, file);
  const Number accepted = count_of(written.answer);
  const std::vector<std::byte> source = source_bytes(accepted, written.seed);
  const Number from = place_of(*call.command, file);
  const std::vector<std::byte> seen = stored_bytes(call);
  // The first byte of the write that the read has not seen ends the part; or else the size does.
  Number stop = from + seen.size();
  for (Number k = 0; k < seen.size(); ++k) {
    const Number at = from + k;
    if (at < pos || pos + accepted <= at || seen[k] == source[at - pos]) continue;
    stop = at;
    break;
  }
  for (const Number end : std::array{stop, from + seen.size()}) {
    const Number part = std::clamp(end, pos, pos + accepted) - pos;
    FileModel until = file;
    if (part != 0) until.write(pos, std::span(source).first(part));
    if (!read(until, call, "")) return true;
  }
  return false;
}

/// Applies a call to the files of the order. under: a call of the other thread that was not done at
/// that time, or null. The failure of a call that would have answered otherwise.
std::optional<Failure> apply(
    Order& order, const Played& call, const Played* under, const std::string& subject) {
  const Command& c = *call.command;
  FileModel& file = order.files[c.file];
  if (c.action == Action::write) return write(order.files, call, subject);
  if (c.action == Action::read) {
    auto broken = read(file, call, subject);
    const bool overlaps = broken && under != nullptr && under->command->file == c.file &&
                          under->command->action == Action::write;
    if (!overlaps || !saw_a_part(file, call, *under)) return broken;
    order.saw_part = true;
    if (c.at < 0) file.positions[0] += count_of(call.answer);
    return std::nullopt;
  }
  if (call.answer != 0) {
    return unexpected(
        subject, "A call that moves no bytes succeeds on a sound device.", "fsync(2), ftruncate(2)",
        0, call.answer);
  }
  if (c.action == Action::truncate) file.resize(c.length);
  if (c.action == Action::reopen && c.handle == 0) file.positions[0] = 0;
  return std::nullopt;
}

}  // namespace

std::vector<Order> explain(
    const FileModels& files, const Played& command, std::span<const Played> actors, bool throttles,
    const std::string& subject, std::optional<Failure>& why_not) {
  std::vector<Order> orders;
  for (std::size_t before = 0; before <= actors.size(); ++before) {
    Order order{before, files};
    std::optional<Failure> broken;
    for (std::size_t k = 0; k <= actors.size() && !broken; ++k) {
      const bool is_command = k == before;
      const Played& call = is_command ? command : actors[k < before ? k : k - 1];
      const Played* under = nullptr;
      if (throttles && k < before) under = &command;
      if (throttles && is_command && before < actors.size()) under = &actors[before];
      broken = apply(order, call, under, subject);
    }
    if (broken) {
      if (before == 0) why_not = std::move(broken);
    } else {
      orders.push_back(std::move(order));
    }
  }
  return orders;
}

bool stopped_for_space(const Command& c, std::int64_t answer) {
  if (c.action != Action::write) return false;
  return answer == -ENOSPC || (0 < answer && answer < answer_for(total_bytes(c), good_bytes(c)));
}

std::uint64_t blocks_moved(const Command& c, const FileModels& files, Number block_size) {
  if (c.action == Action::write)
    return total_bytes(c) / block_size + 2 * spec::kPageSize / block_size;
  if (c.action != Action::truncate) return 0;
  const auto file = files.find(c.file);
  return file == files.end() ? 0 : file->second.size() / block_size + 1;
}

}  // namespace quire::props
