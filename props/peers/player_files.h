// The files of a case on a player, in a guest or on this machine.
#pragma once

#include "props/guest/protocol.h"
#include "props/peers/files.h"

#include <sys/uio.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace quire::props {

/// Sends a request to a player and waits for the answer; throws std::runtime_error, one line, if
/// none comes.
using Ask = std::function<guest::Answer(const guest::Request&, std::span<const iovec>)>;

/// Fresh files; the player has removed its earlier ones.
std::unique_ptr<Files> make_player_files(Ask ask, std::string name);

}  // namespace quire::props
