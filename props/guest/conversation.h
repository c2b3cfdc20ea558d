// On the host: requests to a player, and its answers.
#pragma once

#include "props/guest/caller_memory.h"
#include "props/guest/channel.h"
#include "props/guest/protocol.h"

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::props::guest {

/// A request that the player could not carry out; the next one may succeed.
class CallFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Requests to a player, one at a time. Everything throws std::runtime_error, one line,
/// when the player is gone, breaks the protocol, speaks another version or does not answer in time;
/// CallFailed is one.
class Conversation {
 public:
  /// Waits for the player's greeting.
  explicit Conversation(Channel channel);

  /// The release of the player's kernel: "6.1.0-56-amd64".
  const std::string& release() const { return release_; }

  void be_patient(Channel::Patience patience) { channel_.be_patient(patience); }

  /// Sends a request and waits for its answer. memory: of write and read; a read stores its bytes
  /// there.
  Answer ask(Request request, std::span<const iovec> memory = {});

 private:
  void say(Request& request, const CallerMemory& caller);
  Answer hear(Call call);
  void check(int error, const char* what);

  Channel channel_;
  std::string release_;
  std::vector<std::byte> message_;
};

}  // namespace quire::props::guest
