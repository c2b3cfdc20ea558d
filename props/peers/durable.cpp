#include "props/peers/durable.h"

#include "props/differential/compared_ranges.h"
#include "props/memory/first_difference.h"
#include "props/memory/poison.h"

#include <fmt/format.h>

#include <vector>

namespace quire::props {
namespace {

constexpr auto kSays = "What a sync has promised survives a power cut that follows it.";
constexpr auto kSource = "SYN-3, SYN-1";

Failure wrong_size(Files& files, const char* relation, std::uint64_t wanted, std::uint64_t got) {
  return {
      kSays, kSource, files.name(),
      fmt::format("a size of {}{} after a power cut", relation, wanted), std::to_string(got)};
}

}  // namespace

std::optional<Failure> judge_durable(
    Files& files, std::uint64_t file, std::uint64_t pos, std::span<const std::byte> wanted) {
  const auto size = files.durable_size(file);
  if (!size || wanted.empty()) return std::nullopt;
  const std::uint64_t end = pos + wanted.size();
  if (*size < end) return wrong_size(files, "at least ", end, *size);
  std::vector<std::byte> got(wanted.size());
  files.read_durable(file, pos, got);
  const std::uint64_t k = first_difference(got, wanted);
  if (k == got.size()) return std::nullopt;
  return Failure{
      kSays, kSource, files.name(),
      fmt::format(
          "{:#04x} at byte {} of the medium's file", static_cast<unsigned>(wanted[k]), pos + k),
      fmt::format(
          "{:#04x}{}", static_cast<unsigned>(got[k]), got[k] == kPoison ? " (poison)" : "")};
}

std::optional<Failure> judge_durable(Files& files, std::uint64_t file, const FileModel& model) {
  const auto size = files.durable_size(file);
  if (size && *size != model.size()) return wrong_size(files, "", model.size(), *size);
  for (const Range& range : ranges_to_compare(model)) {
    auto lost = judge_durable(files, file, range.start, model.bytes(range.start, range.length()));
    if (lost) return lost;
  }
  return std::nullopt;
}

}  // namespace quire::props
