#include "props/audit/cache_audit.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace quire::props {
namespace {

using Number = std::uint64_t;

bool is_zero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes.front() == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

/// How many bits of `bits` are not set in `others`.
Number bits_without(std::span<const Number> bits, std::span<const Number> others) {
  Number n = 0;
  for (std::size_t i = 0; i < bits.size(); ++i)
    n += static_cast<Number>(std::popcount(bits[i] & ~others[i]));
  return n;
}

}  // namespace

bool CacheAudit::has_bytes_past(const SeenFolio& folio) const {
  const Number end = folio.pos + folio.size;
  if (end <= zero_from_) return false;
  Number at = std::max(zero_from_, folio.pos);
  while (at < end) {
    const Number block = (at - folio.pos) / block_size_;
    const Number block_end = folio.pos + (block + 1) * block_size_;
    if (has_bit(folio.uptodate, block) &&
        !is_zero(folio.bytes.subspan(at - folio.pos, block_end - at)))
      return true;
    at = block_end;
  }
  return false;
}

void CacheAudit::see(const SeenFolio& folio) {
  std::vector<BlockRun> dirty;
  append_bits(dirty, folio.dirty, folio.pos / block_size_);
  const Number size_end = (size_ + block_size_ - 1) / block_size_;
  Number past = 0;
  for (const BlockRun& run : dirty) {
    past += run.end - std::clamp(size_end, run.first, run.end);
    append(dirty_, run);
  }
  bytes_ += folio.size;
  found_bytes_ += folio.found_bytes;
  recorder_.step(spec::FolioAudit<Number>{
      .pos = folio.pos,
      .size = folio.size,
      .size_max = folio_max_,
      .found_at = folio.found_at,
      .found_bytes = folio.found_bytes,
      .uptodate = count_bits(folio.uptodate),
      .uptodate_counted = folio.uptodate_counted,
      .dirty = count_bits(folio.dirty),
      .dirty_counted = folio.dirty_counted,
      .dirty_stale = bits_without(folio.dirty, folio.uptodate),
      .dirty_past = past,
      .bytes_past = has_bytes_past(folio),
      .left_by_cut = was_cut_ && size_ <= folio.pos,
      .locked = folio.locked,
      .writeback = folio.writeback,
      .users = folio.users,
  });
}

}  // namespace quire::props
