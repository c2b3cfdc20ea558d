// Preparing a folio for a change under a mapping, and completing it: the steps.
#include "ref/linux/iomap/write_begin.h"

#include "ref/cache/accept.h"
#include "ref/cache/write_end_record.h"
#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/read_or_zero.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::iomap {
namespace {

Prepared refused(int error) {
  Prepared none{};
  none.error = spec::error(-error);
  return none;
}

/// Reads or zeroes the stale blocks that [pos, end) covers in part; of an unshared range, all that
/// it touches.
int prepare_blocks(Iteration& iteration, Folio& folio, std::uint64_t pos, std::uint64_t end) {
  File& file = *iteration.file;
  const Mapping& from = source_of(iteration.mapping, iteration.source);
  if (iteration.mapping.kind == Kind::inline_data) {
    read_inline_data(file, folio, iteration.mapping);
    return 0;
  }
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    // Unsharing writes the old bytes again, so that it needs all of them.
    const bool is_needed =
        iteration.request.unshare
            ? !folio.blocks[i].uptodate && folio.touches(i, pos, end)
            : needs_read_or_zero(folio.blocks[i], folio.block_range(i), {pos, end});
    if (!is_needed) continue;
    const bool zeroes = needs_zeroing(file, from, folio, i);
    if (zeroes && iteration.request.unshare) return -EIO;
    if (!zeroes && iteration.request.nowait) return -EAGAIN;
    if (const int error = read_or_zero_block(file, folio, i, from); error != 0) return error;
  }
  return 0;
}

/// The end of the blocks from `pos` on that are all uptodate or all stale; at most `end`.
std::uint64_t alike_until(
    const File& file, const Folio& folio, std::uint64_t pos, std::uint64_t end) {
  std::size_t i = (pos - folio.pos()) / file.block_size;
  const bool uptodate = folio.blocks[i].uptodate;
  while (i < folio.blocks.size() && folio.blocks[i].uptodate == uptodate) ++i;
  return std::min(end, folio.pos() + i * file.block_size);
}

bool is_uptodate(const Folio& folio, std::uint64_t from, std::uint64_t to) {
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (folio.touches(i, from, to) && !folio.blocks[i].uptodate) return false;
  }
  return true;
}

void mark_blocks(Folio& folio, std::uint64_t pos, std::uint64_t accepted) {
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    folio.blocks[i] = written(folio.blocks[i], folio.block_range(i), {pos, pos + accepted});
  }
}

void write_inline(Iteration& iteration, Folio& folio, std::uint64_t pos, std::uint64_t copied) {
  require(
      pos + copied <= iteration.mapping.inline_bytes.size(),
      "more bytes than the inode has room for");
  std::ranges::copy(
      folio.bytes(pos, pos + copied),
      iteration.mapping.inline_bytes.begin() + static_cast<std::ptrdiff_t>(pos));
}

/// Whether the request writes bytes of the caller, which may move the size.
bool is_write(const Request& request) { return request.write && !request.zero && !request.unshare; }

void record_change(
    const Iteration& iteration, const Prepared& prepared, std::uint64_t pos, std::uint64_t n,
    bool changed) {
  spec::Recorder* const recorder = iteration.file->recorder;
  if (recorder == nullptr) return;
  // From the mappings themselves, not from where the iteration takes them to end.
  const std::uint64_t source_end =
      iteration.source.kind == Kind::hole ? spec::kNoEnd : iteration.source.end();
  recorder->step(spec::IomapChange<std::uint64_t>{
      iteration.mapping.pos, std::min(iteration.mapping.end(), source_end), pos, n, changed,
      prepared.asked_locked, prepared.valid});
}

/// Reports each block of the folio that a write has completed. Zeroing and unsharing do not follow
/// the contract of write_end: zeroing may lie past the size, and unsharing changes no byte.
void record_blocks(
    const Iteration& iteration, const Prepared& prepared, std::uint64_t pos, std::uint64_t n,
    std::uint64_t copied, std::uint64_t accepted) {
  spec::Recorder* const recorder = iteration.file->recorder;
  if (recorder == nullptr || !is_write(iteration.request)) return;
  const FolioWrite write{pos, prepared.begun, n, copied, accepted, prepared.before};
  for (const auto& block : write_end_records(*prepared.folio, write)) recorder->write_end(block);
}

}  // namespace

Prepared write_begin(Iteration& iteration, std::uint64_t pos, std::uint64_t want) {
  File& file = *iteration.file;
  if (file.recorder != nullptr && file.recorder->wants_stop()) return refused(-EINTR);
  const auto found = get_locked_folio(file, pos, want, iteration.request.nowait);
  if (!found) return refused(found.error());
  Folio* const folio = *found;

  Prepared prepared{};
  prepared.error = 0;
  prepared.asked_locked = folio->locked;
  prepared.valid = iteration.ops->valid(iteration.mapping);
  prepared.stale = !prepared.valid;
  if (!prepared.valid) {
    iteration.mapping.is_stale = true;
    unlock_folio(file, *folio);
    return prepared;
  }
  const std::uint64_t end = std::min(pos + want, folio->end());
  if (const int error = prepare_blocks(iteration, *folio, pos, end); error != 0) {
    unlock_folio(file, *folio);
    return refused(error);
  }
  prepared.folio = folio;
  prepared.folio_pos = folio->pos();
  prepared.end = alike_until(file, *folio, pos, end);
  prepared.begun = prepared.end - pos;
  prepared.before = folio->blocks;
  return prepared;
}

std::uint64_t write_end(
    Iteration& iteration, Prepared& prepared, std::uint64_t pos, std::uint64_t n,
    std::uint64_t copied) {
  Folio& folio = *prepared.folio;
  require(folio.locked && copied <= n && n <= prepared.begun, "write_end of what was not begun");
  const std::uint64_t accepted = accept<std::uint64_t>(is_uptodate(folio, pos, pos + n), n, copied);
  record_change(iteration, prepared, pos, n, copied != 0);
  if (iteration.mapping.kind == Kind::inline_data) {
    write_inline(iteration, folio, pos, accepted);
    return accepted;
  }
  const CountedFolio counted(*iteration.file, folio);
  mark_blocks(folio, pos, accepted);
  record_blocks(iteration, prepared, pos, n, copied, accepted);
  return accepted;
}

void put_folio(Iteration& iteration, Prepared& prepared) {
  File& file = *iteration.file;
  Folio& folio = *prepared.folio;
  if (file.recorder != nullptr && is_write(iteration.request)) {
    file.recorder->folio_unlock(folio.pos(), file.size, folio.dirty());
  }
  unlock_folio(file, folio);
}

}  // namespace quire::ref::iomap
