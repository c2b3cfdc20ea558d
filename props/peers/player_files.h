// The files of a case as a player has them, in a guest or on this machine.
#pragma once

#include "props/guest/protocol.h"
#include "props/peers/files.h"

#include <sys/uio.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace quire::props {

/// Puts a request to a player and waits for the answer; throws std::runtime_error, one line, if
/// there is none.
using Ask = std::function<guest::Answer(const guest::Request&, std::span<const iovec>)>;

/// Fresh files; the player has removed those that it had before.
std::unique_ptr<Files> make_player_files(Ask ask, std::string name);

}  // namespace quire::props
