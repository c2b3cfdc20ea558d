#include "props/differential/command.h"

#include "props/differential/expected.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <utility>

namespace quire::props {
namespace {

bool faults(BufferKind kind) {
  return kind != BufferKind::plain && kind != BufferKind::supplied_late;
}

std::string memory_text(const Command& c) {
  std::string text;
  for (const BufferShape& shape : c.memory) {
    text += fmt::format(" [{} bytes", shape.size);
    if (faults(shape.kind)) {
      text += fmt::format(", {} from byte {} on", name_of(shape.kind), shape.readable);
    } else {
      if (shape.kind != BufferKind::plain) text += fmt::format(", {}", name_of(shape.kind));
      if (shape.misalignment != 0) text += fmt::format(", {} past a page", shape.misalignment);
    }
    text += "]";
  }
  return text;
}

template <std::size_t N>
std::string flags_text(int flags, const std::array<std::pair<int, std::string_view>, N>& names) {
  std::string text;
  for (const auto& [bit, name] : names) {
    if ((flags & bit) != 0) text += fmt::format("{}{}", text.empty() ? "" : "|", name);
    flags &= ~bit;
  }
  if (flags != 0) text += fmt::format("{}{:#x}", text.empty() ? "" : "|", flags);
  return text;
}

std::string rw_flags_text(int flags) {
  constexpr std::array<std::pair<int, std::string_view>, 5> kNames{
      {{0x02, "DSYNC"}, {0x04, "SYNC"}, {0x08, "NOWAIT"}, {0x10, "APPEND"}, {0x20, "NOAPPEND"}}};
  return flags_text(flags, kNames);
}

std::string mode_text(int mode) {
  constexpr std::array<std::pair<int, std::string_view>, 6> kNames{
      {{FALLOC_FL_PUNCH_HOLE, "PUNCH_HOLE"},
       {FALLOC_FL_COLLAPSE_RANGE, "COLLAPSE_RANGE"},
       {FALLOC_FL_ZERO_RANGE, "ZERO_RANGE"},
       {FALLOC_FL_INSERT_RANGE, "INSERT_RANGE"},
       {FALLOC_FL_UNSHARE_RANGE, "UNSHARE_RANGE"},
       {FALLOC_FL_KEEP_SIZE, "KEEP_SIZE"}}};
  return mode == 0 ? "mode 0" : flags_text(mode, kNames);
}

std::string whence_text(int whence) {
  constexpr std::array<std::string_view, 5> kNames{
      "SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"};
  const auto i = static_cast<std::size_t>(whence);
  return i < kNames.size() ? std::string(kNames[i]) : fmt::format("whence {}", whence);
}

std::string place_text(std::int64_t at) {
  return at < 0 ? " at its position" : fmt::format(" at {}", at);
}

std::string source_text(const Command& c) {
  return fmt::format("{} bytes of file {} from {} on", c.length, c.source, c.from);
}

std::string fault_text(const Fault& fault) {
  if (fault.kind == FaultKind::damage)
    return fmt::format(", where what is read is damaged behind {} sound reads", fault.after);
  constexpr std::array<std::string_view, 4> kOperations{
      "read of the device", "write to the device", "flush", "allocation of a folio"};
  constexpr std::array<std::string_view, 3> kReaches{
      "", ", and each that touches that place", ", and each after it"};
  return fmt::format(
      ", where {} {} fails with {}{}", kOperations[static_cast<std::size_t>(fault.kind)],
      fault.after + 1, ::strerrorname_np(fault.error),
      kReaches[static_cast<std::size_t>(fault.reach)]);
}

/// The text behind the names of the command and of its file.
std::string details(const Command& c) {
  switch (c.action) {
    case Action::write:
    case Action::read:
      return place_text(c.at) + ":" + memory_text(c) + (c.look_back ? ", read back" : "") +
             (c.ends.empty() ? ""
                             : fmt::format(", can be read up to {}", fmt::join(c.ends, ", "))) +
             (c.answer ? fmt::format(", answers {}", *c.answer) : "");
    case Action::truncate: return fmt::format(" to {} bytes", c.length);
    case Action::seek: return fmt::format(" to {}, {}", c.at, whence_text(c.flags));
    case Action::fallocate:
      return fmt::format(" at {}: {} bytes, {}", c.at, c.length, mode_text(c.flags));
    case Action::clone: return fmt::format(" at {}: {}", c.at, source_text(c));
    case Action::write_mapped: return place_text(c.at) + ": mapped " + source_text(c);
    default: return "";
  }
}

}  // namespace

bool for_peers(const Command& c) {
  const bool has_handles = c.action == Action::fsync || c.action == Action::reopen;
  return Action::reopen < c.action || (has_handles ? 1 : 0) < c.handle || c.flags != 0 || c.limit ||
         c.ticks != 0 || c.held != HeldLock::none;
}

bool has_actors(std::span<const Command> commands) {
  return std::ranges::any_of(commands, [](const Command& c) { return !c.actors.empty(); });
}

bool moves_bytes(const Command& c) { return c.action == Action::write || c.action == Action::read; }

std::uint64_t total_bytes(const Command& command) {
  std::uint64_t n = 0;
  for (const BufferShape& shape : command.memory) n += shape.size;
  return n;
}

bool is_answer_of(const Command& c, std::int64_t answer) {
  const auto none = [](std::int64_t a) { return a == -ENOSPC || a == -EFAULT; };
  return answer == *c.answer || (good_bytes(c) == 0 && none(answer) && none(*c.answer));
}

std::string class_of(const Command& c) {
  std::string text(name_of(c.action));
  if (c.action == Action::seek) return text + " " + whence_text(c.flags);
  if (c.action == Action::fallocate) return text + " " + mode_text(c.flags);
  return c.flags == 0 ? text : text + " " + rw_flags_text(c.flags);
}

std::string to_text(const Command& c) {
  if (c.action == Action::fill) return fmt::format("fill the volume but for {} bytes", c.length);
  std::string text = fmt::format("{} file {}", name_of(c.action), c.file);
  if (c.handle != 0)
    text += fmt::format(" by handle {}{}", c.handle, for_peers(c) ? ", which appends," : "");
  text += details(c);
  const bool writes = moves_bytes(c) || c.action == Action::write_mapped;
  if (writes && c.flags != 0) text += ", " + rw_flags_text(c.flags);
  if (c.limit) text += fmt::format(", files limited to {} bytes", *c.limit);
  if (c.fault) text += fault_text(*c.fault);
  if (c.ticks != 0) text += fmt::format(", {} ticks later", c.ticks);
  if (c.held != HeldLock::none)
    text += fmt::format(
        ", while another holds the {}", kHeldLockNames[static_cast<std::size_t>(c.held)]);
  for (const Actor& actor : c.actors) {
    text += fmt::format(
        "; at {} {} a second thread{}: {}", name_of(actor.point), actor.at,
        actor.pause == 0 ? "" : fmt::format(" that pauses at its point {}", actor.pause),
        to_text(actor.command));
  }
  return text;
}

void showValue(const Case& checked, std::ostream& os) {
  os << fmt::format(
      "blocks of {} bytes, {} of them; folios up to {} bytes; at most {} bytes dirty\n",
      checked.setting.block_size, checked.setting.blocks, checked.setting.folio_max,
      checked.setting.dirty_max);
  if (checked.setting.first_block != 0)
    os << fmt::format("  behind {} other blocks of the device\n", checked.setting.first_block);
  if (checked.setting.allocator != 0)
    os << "  impl has the " << (checked.setting.allocator == 1 ? "extent" : "buddy")
       << " allocator\n";
  if (checked.setting.sync != 0)
    os << "  handle 2 has " << (checked.setting.sync == 1 ? "O_DSYNC" : "O_SYNC") << '\n';
  if (checked.setting.quota != std::array<std::uint64_t, 3>{}) {
    os << fmt::format(
        "  quota of {} blocks (user, group, project; 0: none)",
        fmt::join(checked.setting.quota, ", "));
    if (checked.setting.quota_apart != 0)
      os << fmt::format("; file 1 has other owners: {:#x}", checked.setting.quota_apart);
    os << '\n';
  }
  if (checked.setting.throttle != 0)
    os << fmt::format("  writers throttled, {} pages could be dirty\n", checked.setting.throttle);
  for (std::size_t i = 0; i < checked.commands.size(); ++i) {
    os << fmt::format("  {}. {}\n", i + 1, to_text(checked.commands[i]));
  }
}

}  // namespace quire::props
