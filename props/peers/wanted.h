// Classes of input and the commands that lead to them: for must_see*.cpp alone.
#pragma once

#include "props/differential/command.h"
#include "props/peers/peers.h"
#include "spec/geometry.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace quire::props {

/// The place of the commands that lead to a class: a file, and a byte of it that begins a block and
/// is not the first.
struct Place {
  std::uint64_t file;
  std::int64_t at;
};

/// A class, the commands that lead to it, and whether a side can reach it.
struct Wanted {
  std::string name;
  std::function<std::vector<Command>(Place)> way;
  bool PeerAllowance::*needs = nullptr;              ///< of both sides
  bool PeerAllowance::*needs_of_the_peer = nullptr;  ///< of the peer alone
  std::function<void(Setting&)> prepare = nullptr;   ///< the setting that it needs
};

/// Classes of faults (must_see_faults.cpp), and of F2FS, of mapped stores and of large positions
/// (must_see_corners.cpp).
const std::vector<Wanted>& all_wanted_of_faults();
const std::vector<Wanted>& all_wanted_of_corners();

inline constexpr std::uint64_t kSome = 16 * spec::kPageSize;
inline constexpr std::int64_t kPeerBlock = spec::kPageSize;  // of every peer

inline Command command(Action action, Place place, int flags = 0, std::uint64_t length = 0) {
  Command c;
  c.action = action;
  c.file = place.file;
  c.at = place.at;
  c.flags = flags;
  c.length = length;
  return c;
}

inline Command write(Place place, int flags = 0, std::uint64_t bytes = kSome) {
  Command c = command(Action::write, place, flags);
  c.memory = {{BufferKind::plain, bytes, 0, 0}};
  return c;
}

}  // namespace quire::props
