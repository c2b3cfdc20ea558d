#include "props/differential/transfers.h"

#include "props/memory/first_difference.h"
#include "props/memory/pattern.h"
#include "props/memory/poison.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace quire::props {

void fill_sources(UserMemory& memory, const Command& c, std::uint64_t seed) {
  memory.clear();
  std::uint64_t first = 0;
  for (const BufferShape& shape : c.memory) {
    memory.source(shape, seed, first);
    first += shape.size;
  }
}

std::vector<std::byte> source_bytes(std::uint64_t n, std::uint64_t seed) {
  std::vector<std::byte> bytes(n);
  fill_pattern(bytes, seed, 0);
  return bytes;
}

void fill_destinations(UserMemory& memory, const Command& c) {
  memory.clear();
  for (const BufferShape& shape : c.memory) memory.destination(shape);
}

std::optional<Failure> judge_stored(
    const UserMemory& memory, const FileModel& file, std::uint64_t pos, std::uint64_t stored,
    const std::string& subject) {
  std::uint64_t at = 0;
  for (const UserBuffer& buffer : memory.buffers()) {
    const std::span<const std::byte> got(buffer.data, buffer.readable);
    const std::uint64_t moved = std::min<std::uint64_t>(stored - std::min(stored, at), got.size());
    const std::uint64_t equal = file.equal_bytes(pos + at, got.first(moved));
    if (equal < moved)
      return wrong_byte(subject, pos + at + equal, file.at(pos + at + equal), got[equal]);
    const std::uint64_t k = moved + first_other_than(got.subspan(moved), kPoison);
    if (k < got.size()) {
      return wrong_byte(
          subject, at + k, kPoison, got[k], "A read stores nothing behind its count.");
    }
    at += buffer.size;
  }
  if (memory.margins_intact()) return std::nullopt;
  return Failure{
      "A read stores nothing outside of its buffers.", "IT-5", subject, "poison", "other bytes"};
}

std::optional<Failure> judge_scripted_answer(
    const Command& c, std::int64_t answer, const std::string& subject) {
  if (is_answer_of(c, answer)) return std::nullopt;
  return Failure{
      "A write answers what its vector says.", "GPW-2, GPW-8, GPW-11", subject,
      std::to_string(*c.answer), std::to_string(answer)};
}

Failure wrong_byte(
    const std::string& subject, std::uint64_t pos, std::byte wanted, std::byte got,
    const char* says) {
  const bool poison = got == kPoison;
  return {
      poison ? "Bytes that nobody wrote are never readable." : says,
      poison ? "O3" : "O2, WB-2, WB-3", subject,
      fmt::format("{:#04x} at byte {}", static_cast<unsigned>(wanted), pos),
      fmt::format("{:#04x}{}", static_cast<unsigned>(got), poison ? " (poison)" : "")};
}

}  // namespace quire::props
