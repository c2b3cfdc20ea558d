// Commands, and the number of the one that finds files that lie.
#pragma once

#include "props/differential/command.h"
#include "props/peers/peer_comparison.h"
#include "tests/props/peers/lying_files.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace quire::props {

inline constexpr std::int64_t kPageBytes = 4096;
inline constexpr std::byte kZero{0}, kOther{0x5a};

inline Command command(Action action, std::uint64_t file = 0) {
  Command c;
  c.action = action;
  c.file = file;
  return c;
}

/// `good` of the bytes can be read; all by default.
inline Command write_of(
    std::uint64_t bytes, std::int64_t at, std::optional<std::uint64_t> good = {}) {
  Command c = command(Action::write);
  c.at = at;
  c.memory = {{BufferKind::plain, bytes, 0, 0}};
  if (good) c.memory = {{BufferKind::ends_in_prot_none, bytes, *good, 0}};
  return c;
}

inline Command write_to(std::uint64_t file, std::int64_t at, std::uint64_t bytes, int flags = 0) {
  Command c = write_of(bytes, at);
  c.file = file;
  c.flags = flags;
  return c;
}

inline Command read_of(std::uint64_t bytes, std::int64_t at) {
  Command c = write_of(bytes, at);
  c.action = Action::read;
  return c;
}

inline Command truncate_to(std::uint64_t length) {
  Command c = command(Action::truncate);
  c.length = length;
  return c;
}

inline Command fallocate_of(int mode, std::int64_t at, std::uint64_t length) {
  Command c = command(Action::fallocate);
  c.flags = mode;
  c.at = at;
  c.length = length;
  return c;
}

inline Command seek_of(std::int64_t at, int whence) {
  Command c = command(Action::seek);
  c.at = at;
  c.flags = whence;
  return c;
}

inline Command mapped_of(std::int64_t from, std::uint64_t length, std::int64_t at) {
  Command c = command(Action::write_mapped);
  c.from = from;
  c.length = length;
  c.at = at;
  return c;
}

inline Command with_flags(Command c, int flags) {
  c.flags = flags;
  return c;
}

inline Command of_file(std::uint64_t file, Command c) {
  c.file = file;
  return c;
}

inline Command limited(Command c, std::uint64_t limit) {
  c.limit = limit;
  return c;
}

inline constexpr int kNothing = -1;

/// The number of the command that fails, where the peer, or ref itself, is of that kind.
template <class Lying>
int found_in(const std::string& name, std::vector<Command> commands, bool each_byte = false) {
  const auto honest = make_ref_files(8 << 20);
  LyingFactory<Lying> lying(name);
  LyingFactory<> other("nobody");
  const bool ref_lies = name == "ref";
  PeerComparison comparison(
      ref_lies ? static_cast<FilesFactory&>(lying) : *honest,
      ref_lies ? static_cast<FilesFactory&>(other) : lying);
  Case drawn;
  drawn.setting.each_byte = each_byte;
  drawn.commands = std::move(commands);
  const auto failure = comparison.run(drawn);
  return failure ? static_cast<int>(failure->command) : kNothing;
}

inline bool is_observer(Handle h) { return h.number == Handle::kObserver; }

}  // namespace quire::props
