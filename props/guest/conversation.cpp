#include "props/guest/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace quire::props::guest {
namespace {

/// A text of the player that is longer is no text.
constexpr std::uint64_t kTextMax = 4096;

}  // namespace

Conversation::Conversation(Channel channel) : channel_(std::move(channel)) {
  const Answer greeting = hear(Call::greet);
  if (greeting.bytes > kTextMax) throw std::runtime_error("the player greets with too many bytes");
  release_.resize(greeting.bytes);
  check(channel_.receive(std::as_writable_bytes(std::span(release_))), "its greeting");
}

Answer Conversation::ask(Request request, std::span<const iovec> memory) {
  const CallerMemory caller(memory);
  say(request, caller);
  const Answer answer = hear(request.call);
  if (answer.bytes > (request.call == Call::read ? caller.bytes() : 0))
    throw std::runtime_error("the player answers with too many bytes");
  std::uint64_t left = answer.bytes;
  for (const auto piece : caller.there()) {
    const auto part = piece.first(std::min<std::uint64_t>(piece.size(), left));
    check(channel_.receive(part), "what it read");
    left -= part.size();
  }
  if (answer.strays != 0) {
    throw std::runtime_error(
        fmt::format("a read changed {} bytes outside of its memory", answer.strays));
  }
  return answer;
}

void Conversation::say(Request& request, const CallerMemory& caller) {
  const bool carries = request.call == Call::write;
  request.pieces = static_cast<std::uint32_t>(caller.pieces().size());
  request.bytes = carries ? caller.bytes() : 0;
  const auto add = [this](std::span<const std::byte> bytes) {
    message_.insert(message_.end(), bytes.begin(), bytes.end());
  };
  message_.clear();
  add(bytes_of(request));
  add(std::as_bytes(caller.pieces()));
  if (carries) std::ranges::for_each(caller.there(), add);
  check(channel_.send(message_), "a request");
}

Answer Conversation::hear(Call call) {
  Answer answer;
  check(channel_.receive(bytes_of(answer)), "its answer");
  if (answer.magic != kMagic) throw std::runtime_error("what answers is no player");
  if (answer.version != kVersion) {
    throw std::runtime_error(
        fmt::format("the player speaks version {}, not {}", answer.version, kVersion));
  }
  if (answer.call == Call::violation || answer.call == Call::failed) {
    std::string why(std::min(answer.bytes, kTextMax), ' ');
    check(channel_.receive(std::as_writable_bytes(std::span(why))), "its complaint");
    if (answer.call == Call::failed) throw CallFailed(why);
    throw std::runtime_error("the player refuses a request: " + why);
  }
  if (answer.call != call) throw std::runtime_error("the player answers something else");
  return answer;
}

void Conversation::check(int error, const char* what) {
  if (error == 0) return;
  throw std::runtime_error(fmt::format(
      "the player {}: {}", error == EPIPE ? "is gone" : "cannot be reached",
      error == ETIMEDOUT ? fmt::format("{} did not come in time", what) : std::strerror(error)));
}

}  // namespace quire::props::guest
