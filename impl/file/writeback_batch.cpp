#include "impl/file/writeback_batch.h"

#include "impl/file/collect.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

namespace quire::impl {
namespace {

constexpr std::uint64_t kCopyBytes = std::uint64_t{1} << 20;
constexpr auto kCopyAlignment = static_cast<std::align_val_t>(spec::kPageSize);

/// Device writes that grow piece by piece. Neighbours on the device are one write.
struct Writes {
  std::vector<iovec>& segments;
  std::vector<DeviceRun>& runs;

  bool empty() const { return runs.empty(); }
  void lengthen(const Piece& piece) {
    segments.push_back({piece.memory, piece.bytes()});
    DeviceRun& run = runs.back();
    run.segments = {run.segments.data(), run.segments.size() + 1};
  }
  void begin(const Piece& piece) {
    segments.push_back({piece.memory, piece.bytes()});
    runs.push_back({piece.device_pos, std::span(&segments.back(), 1)});
  }
};

}  // namespace

WritebackBatch::WritebackBatch(std::size_t pieces, bool stable) {
  pieces_.reserve(pieces);
  segments_.reserve(pieces);
  runs_.reserve(pieces);
  results_.reserve(pieces);
  if (stable) copies_ = static_cast<std::byte*>(::operator new(kCopyBytes, kCopyAlignment));
}

WritebackBatch::~WritebackBatch() { ::operator delete(copies_, kCopyAlignment); }

std::uint64_t WritebackBatch::room() const {
  return copies_ == nullptr ? std::numeric_limits<std::uint64_t>::max() : kCopyBytes - copied_;
}

void WritebackBatch::add(
    const FolioPtr& folio, std::size_t first, std::size_t end, std::uint64_t device_pos,
    bool newly_allocated) {
  Piece piece{folio, first, end, device_pos, newly_allocated, folio->at(folio->block_pos(first))};
  if (copies_ != nullptr) {
    std::memcpy(copies_ + copied_, piece.memory, piece.bytes());
    piece.memory = copies_ + copied_;
    copied_ += piece.bytes();
  }
  pieces_.push_back(std::move(piece));
}

void WritebackBatch::write(GuardedDevice& device) {
  std::ranges::sort(pieces_, {}, &Piece::device_pos);
  Writes writes{segments_, runs_};
  std::uint64_t last_end = 0;
  for (const Piece& piece : pieces_) add_to_writes(writes, last_end, piece);
  write_runs(device);

  // Once more, one by one, to learn which of a run's pieces cannot be written.
  auto piece = pieces_.begin();
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    for (std::size_t n = runs_[i].segments.size(); n > 0; --n) (piece++)->error = results_[i];
  }
  segments_.clear();
  runs_.clear();
  for (const Piece& failed : pieces_) {
    if (failed.error != 0) writes.begin(failed);
  }
  write_runs(device);
  auto result = results_.begin();
  for (Piece& failed : pieces_) {
    if (failed.error != 0) failed.error = *result++;
  }
}

void WritebackBatch::write_runs(GuardedDevice& device) {
  results_.resize(runs_.size());
  if (!runs_.empty()) device.write(runs_, results_);
}

void WritebackBatch::clear() {
  pieces_.clear();
  segments_.clear();
  runs_.clear();
  copied_ = 0;
}

}  // namespace quire::impl
