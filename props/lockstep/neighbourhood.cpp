#include "props/lockstep/neighbourhood.h"

#include "props/memory/pattern.h"
#include "spec/write/file_write.h"

#include <fmt/format.h>
#include <boost/hana/for_each.hpp>

#include <algorithm>

namespace quire::props {
namespace {

/// Bytes on either side of a write.
constexpr std::uint64_t kNeighbourhood = 8192;

/// A run of bytes of a file, or the source of a write, as an image of spec/write/file_write.h.
struct Image {
  const FileView* before = nullptr;
  std::span<const std::byte> bytes;
  std::uint64_t start = 0;
  std::uint64_t seed = 0;

  friend std::uint64_t at(const Image& image, std::uint64_t p) {
    if (image.before != nullptr) return at(*image.before, p);
    if (image.seed != 0) return static_cast<std::uint64_t>(pattern(image.seed, p));
    return static_cast<std::uint64_t>(image.bytes[p - image.start]);
  }
};

}  // namespace

FileView::FileView(const FileModel& file, std::uint64_t pos, std::uint64_t accepted)
    : start_(pos - std::min(pos, kNeighbourhood)),
      end_(pos + accepted + kNeighbourhood),
      size_(file.size()) {
  const auto first = static_cast<std::ptrdiff_t>(std::min(start_, size_));
  const auto last = static_cast<std::ptrdiff_t>(std::min(end_, size_));
  bytes_.assign(file.bytes.begin() + first, file.bytes.begin() + last);
}

std::optional<Failure> judge_contents(
    const FileView& before, std::span<const std::byte> after, std::uint64_t start,
    std::uint64_t pos, std::uint64_t accepted, std::uint64_t seed, std::uint64_t size) {
  const spec::FileWrite<std::uint64_t, Image> write{
      {&before, {}, 0, 0},        before.size(), {nullptr, {}, 0, seed}, pos, accepted,
      {nullptr, after, start, 0}, size};
  std::optional<Failure> broken;
  for (std::uint64_t p = start; p < start + after.size() && !broken; ++p) {
    boost::hana::for_each(spec::file_write_clauses, [&](const auto& clause) {
      if (broken || clause.holds(write, p)) return;
      broken = Failure{
          clause.text.says, clause.text.source, "",
          fmt::format("file_write.{} at byte {}", clause.text.name, p),
          fmt::format("{:#04x}; size {}", at(write.after, p), size)};
    });
  }
  return broken;
}

}  // namespace quire::props
