// In the player: carries requests out.
#pragma once

#include "props/guest/channel.h"

namespace quire::props::guest {

/// Greets, then carries out requests on files in `folder` until the other end is gone, and removes
/// the files. Returns 0, or 1 after a request that breaks the protocol or an answer that cannot be
/// sent. Throws std::system_error if there is no memory.
int play(Channel& channel, int folder);

}  // namespace quire::props::guest
