// A stream of bytes between two processes, or between this machine and a guest.
#pragma once

#include "props/device/descriptor.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace quire::props::guest {

/// One end of a stream: a socket, or a character device that is one. Raises no SIGPIPE at a socket.
class Channel {
 public:
  using Patience = std::optional<std::chrono::milliseconds>;

  /// patience: how long a call may wait for the other end; by default for ever. Only a socket may
  /// have a limit.
  explicit Channel(Descriptor stream, Patience patience = {})
      : stream_(std::move(stream)), patience_(patience) {}

  /// All of `bytes`. 0 or an errno: EPIPE if the other end is gone, ETIMEDOUT.
  [[nodiscard]] int send(std::span<const std::byte> bytes);

  /// As many bytes as `to` has. 0 or an errno: EPIPE if the other end is gone, ETIMEDOUT.
  [[nodiscard]] int receive(std::span<std::byte> to);

  void be_patient(Patience patience) { patience_ = patience; }

 private:
  /// Waits until the stream is ready for `events` of poll(2). 0 or an errno.
  int wait_for(short events) const;

  Descriptor stream_;
  Patience patience_;
};

/// The bytes of a message's fixed part.
template <class T>
std::span<std::byte> bytes_of(T& message) {
  return std::as_writable_bytes(std::span(&message, 1));
}

}  // namespace quire::props::guest
