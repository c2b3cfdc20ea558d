// Releasing the delayed blocks that a short write did not use: the scan.
#include "ref/linux/iomap/delalloc_release.h"

#include "ref/linux/iomap/cache.h"
#include "ref/noted_lock.h"
#include "ref/require.h"

#include <optional>
#include <vector>

namespace quire::ref::iomap {
namespace {

using Number = std::uint64_t;

/// Records a release: each block of the range before and after, each punch.
class ReleaseRecorder {
 public:
  ReleaseRecorder(File& file, Number start, Number end) : file_(file), start_(start), end_(end) {
    if (file_.recorder == nullptr) return;
    for (Number pos = start; pos < end; pos += file_.block_size) {
      blocks_.push_back({start, end, file_.size, pos, is_dirty(pos), 0, is_cached(pos), 0});
    }
  }

  void punched(Number pos, Number length) {
    if (file_.recorder == nullptr) return;
    file_.recorder->step(spec::DelallocPunch<Number>{start_, end_, file_.block_size, pos, length});
    for (auto& block : blocks_) {
      if (pos <= block.block_pos && block.block_pos < pos + length) ++block.punched;
    }
  }

  void report() {
    for (auto& block : blocks_) {
      block.still_cached = is_cached(block.block_pos);
      file_.recorder->step(block);
    }
  }

 private:
  bool is_cached(Number pos) const { return file_.pages.find(pos) != nullptr; }
  bool is_dirty(Number pos) const {
    const Folio* const folio = file_.pages.find(pos);
    return folio != nullptr && folio->blocks[(pos - folio->pos()) / file_.block_size].dirty;
  }

  File& file_;
  Number start_;
  Number end_;
  std::vector<spec::DelallocRelease<Number>> blocks_;
};

}  // namespace

void write_delalloc_release(
    File& file, std::uint64_t start, std::uint64_t end, const Request& request,
    const Punch& punch) {
  require(
      start % file.block_size == 0 && end % file.block_size == 0, "a release of parts of blocks");
  // Zeroing and unsharing come with the lock held (DA-5).
  std::optional<NotedLock<spec::InvalidateLock>> lock;
  if (!request.zero && !request.unshare) lock.emplace(file.recorder, file.number);

  ReleaseRecorder recorder(file, start, end);
  Number unused = start;  // from here on nothing is known to be in use
  const auto punch_until = [&](Number to) {
    if (to <= unused) return;
    punch(unused, to - unused);
    recorder.punched(unused, to - unused);
  };
  for_each_folio(file, start, end, [&](Folio& folio) {
    lock_folio(file, folio, false);
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      const bool in_range = start <= folio.block_pos(i) && folio.block_end(i) <= end;
      if (!in_range || !folio.blocks[i].dirty || file.size <= folio.block_pos(i)) continue;
      punch_until(folio.block_pos(i));
      unused = folio.block_end(i);
    }
    unlock_folio(file, folio);
  });
  punch_until(end);
  recorder.report();
}

void release_unused(
    File& file, std::uint64_t pos, std::uint64_t length, std::uint64_t written,
    const Request& request, const Mapping& mapping, const Punch& punch) {
  if (mapping.kind != Kind::delalloc || !mapping.is_new || request.fault) return;
  const auto [start, end] = unused_range<Number>(pos, length, written, file.block_size);
  if (file.recorder != nullptr) {
    file.recorder->step(spec::UnusedRange<Number>{
        pos, length, written, file.block_size, start, end, mapping.is_new});
  }
  if (start < end) write_delalloc_release(file, start, end, request, punch);
}

}  // namespace quire::ref::iomap
