// Each end recognises a message that breaks the protocol.
#include "props/guest/conversation.h"
#include "tests/props/guest/player_fixture.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using namespace props;
using namespace props::guest;

constexpr std::chrono::seconds kPatience{20};

/// The player's complaint about a request and its pieces, after which it ends with status 1.
std::string complaint_of(Request request, std::vector<Piece> pieces = {}) {
  PlayerProcess process(QUIRE_GUEST_PLAYER);
  std::string text;
  {
    Channel channel(process.stream(), kPatience);
    Answer answer;
    EXPECT_EQ(channel.receive(bytes_of(answer)), 0);
    std::vector<std::byte> release(answer.bytes);
    EXPECT_EQ(channel.receive(release), 0);

    request.pieces =
        request.pieces == 0 ? static_cast<std::uint32_t>(pieces.size()) : request.pieces;
    EXPECT_EQ(channel.send(bytes_of(request)), 0);
    EXPECT_EQ(channel.send(std::as_bytes(std::span(pieces))), 0);
    EXPECT_EQ(channel.receive(bytes_of(answer)), 0);
    EXPECT_EQ(answer.call, Call::violation);
    EXPECT_EQ(answer.result, -EPROTO);
    text.resize(answer.bytes);
    EXPECT_EQ(channel.receive(std::as_writable_bytes(std::span(text))), 0);
  }
  EXPECT_EQ(process.wait(), 1);
  return text;
}

Piece piece(std::uint64_t bytes, unsigned in_page, unsigned is_first, unsigned is_there) {
  return {
      bytes, static_cast<std::uint16_t>(in_page), static_cast<std::uint8_t>(is_first),
      static_cast<std::uint8_t>(is_there), 0};
}

TEST(GuestPlayerRefuses, WhatIsNoRequest) {
  EXPECT_EQ(complaint_of({.magic = 1}), "this is no request");
  EXPECT_EQ(complaint_of({.version = kVersion + 1}), "a request of another version");
  EXPECT_EQ(complaint_of({.handle = kHandles}), "no such handle");
}

TEST(GuestPlayerRefuses, PiecesThatMakeNoSegments) {
  const Request write{.call = Call::write};
  EXPECT_EQ(complaint_of({.pieces = kPiecesMax + 1}), "too many pieces");
  EXPECT_EQ(complaint_of(write, {piece(1, 0, 0, 1)}), "the first piece begins no segment");
  EXPECT_EQ(complaint_of(write, {piece(1, 4096, 1, 1)}), "no such piece");
  EXPECT_EQ(complaint_of(write, {piece(1, 0, 1, 2)}), "no such piece");
  EXPECT_EQ(complaint_of(write, {piece(kBytesMax + 1, 0, 1, 0)}), "too many bytes");
  EXPECT_EQ(complaint_of(write, {piece(kBytesMax, 0, 1, 0), piece(1, 0, 1, 0)}), "too many bytes");
  EXPECT_EQ(
      complaint_of(write, std::vector<Piece>(kSegmentsMax + 1, piece(0, 0, 1, 0))),
      "too many segments");
  EXPECT_EQ(
      complaint_of(write, {piece(1, 0, 1, 1), piece(1, 1, 0, 0)}),
      "pieces of one segment meet inside a page");
}

TEST(GuestPlayerRefuses, BytesThatDoNotFitThePieces) {
  EXPECT_EQ(
      complaint_of({.call = Call::write, .bytes = 2}, {piece(1, 0, 1, 1)}),
      "the bytes do not fit the pieces");
  EXPECT_EQ(complaint_of({.call = Call::fsync, .bytes = 1}), "the bytes do not fit the pieces");
}

/// The error of a conversation with a player that sends these bytes and hangs up.
std::string said_of(
    const std::vector<Answer>& answers, const std::function<void(Conversation&)>& then,
    Channel::Patience patience = kPatience, bool hang_up = true) {
  Ends ends;
  Channel theirs(std::move(ends.theirs));
  for (Answer answer : answers) {
    EXPECT_EQ(theirs.send(bytes_of(answer)), 0);
  }
  std::optional<Channel> open;
  if (hang_up) {
    Channel gone(std::move(theirs));
  } else {
    open.emplace(std::move(theirs));
  }
  try {
    Conversation conversation(Channel(std::move(ends.ours), patience));
    then(conversation);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "nothing";
}

const std::function<void(Conversation&)> no_more = [](Conversation&) {};

TEST(GuestConversation, NamesAPlayerThatIsNone) {
  EXPECT_EQ(said_of({{.magic = 7}}, no_more), "what answers is no player");
  EXPECT_EQ(said_of({{.version = 9}}, no_more), "the player speaks version 9, not 1");
  EXPECT_EQ(said_of({{.call = Call::fsync}}, no_more), "the player answers something else");
  EXPECT_EQ(said_of({{.bytes = 1 << 20}}, no_more), "the player greets with too many bytes");
  EXPECT_EQ(said_of({}, no_more), "the player is gone: Broken pipe");
  EXPECT_EQ(
      said_of({}, no_more, std::chrono::milliseconds(20), false),
      "the player cannot be reached: its answer did not come in time");
}

TEST(GuestConversation, NamesAnAnswerThatDoesNotFit) {
  const auto fsync = [](Conversation& c) { c.ask({.call = Call::fsync}); };
  EXPECT_EQ(
      said_of({{}, {.call = Call::fsync, .bytes = 1}}, fsync, kPatience, false),
      "the player answers with too many bytes");
  EXPECT_EQ(
      said_of({{}, {.call = Call::truncate}}, fsync, kPatience, false),
      "the player answers something else");
  EXPECT_EQ(
      said_of({{}, {.call = Call::violation}}, fsync, kPatience, false),
      "the player refuses a request: ");
  EXPECT_EQ(
      said_of(
          {{}, {.call = Call::read, .strays = 2}},
          [](Conversation& c) { c.ask({.call = Call::read}); }, kPatience, false),
      "a read changed 2 bytes outside of its memory");
}

}  // namespace
}  // namespace quire::tests
