#include "props/guest/channel.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace quire::props::guest {
namespace {

/// send(2) and recv(2) where the stream is a socket, else write(2) and read(2).
ssize_t put(int fd, std::span<const std::byte> bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent < 0 && errno == ENOTSOCK ? ::write(fd, bytes.data(), bytes.size()) : sent;
}

}  // namespace

int Channel::wait_for(short events) const {
  if (!patience_) return 0;
  pollfd waited{stream_.get(), events, 0};
  const auto end = std::chrono::steady_clock::now() + *patience_;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return ETIMEDOUT;
    const int ready = ::poll(&waited, 1, static_cast<int>(left.count()));
    if (ready > 0) return 0;
    if (ready < 0 && errno != EINTR) return errno;
  }
}

int Channel::send(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (const int error = wait_for(POLLOUT)) return error;
    const ssize_t sent = put(stream_.get(), bytes);
    if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (sent < 0) return errno == ECONNRESET ? EPIPE : errno;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return 0;
}

int Channel::receive(std::span<std::byte> to) {
  while (!to.empty()) {
    if (const int error = wait_for(POLLIN)) return error;
    const ssize_t got = ::read(stream_.get(), to.data(), to.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got == 0) return EPIPE;
    if (got < 0) return errno == ECONNRESET ? EPIPE : errno;
    to = to.subspan(static_cast<std::size_t>(got));
  }
  return 0;
}

}  // namespace quire::props::guest
