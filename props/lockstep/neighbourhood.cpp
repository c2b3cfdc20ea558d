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
  const std::uint64_t first = std::min(start_, size_);
  bytes_ = file.bytes(first, std::min(end_, size_) - first);
}

std::optional<Failure> judge_contents(
    const FileView& before, const FileModel& model, std::span<const std::byte> after,
    std::uint64_t start, std::uint64_t pos, std::uint64_t accepted, std::uint64_t seed,
    std::uint64_t size) {
  const spec::FileWrite<std::uint64_t, Image> write{
      {&before, {}, 0, 0},        before.size(), {nullptr, {}, 0, seed}, pos, accepted,
      {nullptr, after, start, 0}, size};
  const std::uint64_t end = start + after.size();
  std::optional<Failure> broken;
  const auto judge_at = [&](std::uint64_t p) {
    boost::hana::for_each(spec::file_write_clauses, [&](const auto& clause) {
      if (broken || clause.holds(write, p)) return;
      broken = Failure{
          clause.text.says, clause.text.source, "",
          fmt::format("file_write.{} at byte {}", clause.text.name, p),
          fmt::format("{:#04x}; size {}", at(write.after, p), size)};
    });
  };
  // A clause compares byte p with the source, with what stood there before, or with zero; its other
  // terms are the sizes, and on which side of size_before, pos and pos + accepted p lies. The model
  // holds the source where the write lies, and elsewhere what stood there before, or zero. So where
  // all bytes are the model's, every byte between two of these places has the truth of the first:
  // it is enough to ask there.
  if (model.equal_bytes(start, after) == after.size()) {
    for (const std::uint64_t p : {start, before.size(), pos, pos + accepted}) {
      if (start <= p && p < end) judge_at(p);
    }
    return broken;
  }
  for (std::uint64_t p = start; p < end && !broken; ++p) judge_at(p);
  return broken;
}

}  // namespace quire::props
