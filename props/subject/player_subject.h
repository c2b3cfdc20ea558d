// Files that a player handles, in a guest or on this machine, as a subject.
#pragma once

#include "props/guest/protocol.h"
#include "props/subject/subject.h"

#include <sys/uio.h>

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace quire::props {

/// Puts a request to a player and waits for the answer; throws std::runtime_error, one line, if
/// there is none.
using Ask = std::function<guest::Answer(const guest::Request&, std::span<const iovec>)>;

/// Fresh files. One at a time: the files of the subject before it are removed.
std::unique_ptr<Subject> make_player_subject(Ask ask, std::string name);

}  // namespace quire::props
