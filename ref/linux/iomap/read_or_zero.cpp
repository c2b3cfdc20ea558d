// Reading or zeroing the stale blocks of a folio: block by block.
#include "ref/linux/iomap/read_or_zero.h"

#include "ref/linux/iomap/iterations.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::iomap {
namespace {

/// Zeroes the bytes of [from, to) that lie in block i.
void zero_in_block(Folio& folio, std::size_t i, std::uint64_t from, std::uint64_t to) {
  const std::uint64_t first = std::clamp(from, folio.block_pos(i), folio.block_end(i));
  const std::uint64_t last = std::clamp(to, first, folio.block_end(i));
  std::ranges::fill(folio.bytes(first, last), std::byte{0});
}

}  // namespace

const Mapping& source_of(const Mapping& mapping, const Mapping& source) {
  return source.kind == Kind::hole ? mapping : source;
}

bool needs_zeroing(const File& file, const Mapping& from, const Folio& folio, std::size_t i) {
  return from.kind != Kind::mapped || from.is_new || file.size <= folio.block_pos(i);
}

int read_or_zero_block(File& file, Folio& folio, std::size_t i, const Mapping& from) {
  require(
      folio.locked && !folio.blocks[i].uptodate,
      "a block is read that is not stale, or whose folio is not locked");
  const std::uint64_t pos = folio.block_pos(i);
  if (needs_zeroing(file, from, folio, i)) {
    zero_in_block(folio, i, pos, folio.block_end(i));
  } else {
    require(
        from.pos <= pos && folio.block_end(i) <= from.end(),
        "a block is read that its mapping does not cover");
    const std::uint64_t device_pos = from.device_pos + (pos - from.pos);
    if (const int error = file.device.read(device_pos, folio.block_bytes(i)); error != 0)
      return error;
    zero_in_block(folio, i, file.size, folio.block_end(i));
  }
  folio.blocks[i].uptodate = true;
  return 0;
}

void read_inline_data(File& file, Folio& folio, const Mapping& from) {
  require(folio.locked && folio.pos() == 0 && from.pos == 0, "inline bytes start the file");
  const std::uint64_t n = std::min<std::uint64_t>(file.size, from.inline_bytes.size());
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (folio.blocks[i].uptodate) continue;
    zero_in_block(folio, i, folio.block_pos(i), folio.block_end(i));
    const std::uint64_t end = std::min(n, folio.block_end(i));
    for (std::uint64_t pos = folio.block_pos(i); pos < end; ++pos) {
      folio.bytes(pos, pos + 1)[0] = from.inline_bytes[pos];
    }
    folio.blocks[i].uptodate = true;
  }
}

int read_folio(File& file, Ops& ops, Folio& folio, const Request& request) {
  const std::uint64_t mapped_end = std::clamp(file.size, folio.pos(), folio.end());
  const auto body = [&](Iteration& iteration, std::uint64_t pos, std::uint64_t length) -> Done {
    const Mapping& from = source_of(iteration.mapping, iteration.source);
    if (from.kind == Kind::inline_data) read_inline_data(file, folio, from);
    for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
      if (folio.blocks[i].uptodate || !folio.touches(i, pos, pos + length)) continue;
      if (request.nowait && !needs_zeroing(file, from, folio, i)) return failed(-EAGAIN);
      if (const int error = read_or_zero_block(file, folio, i, from); error != 0)
        return failed(error);
    }
    return done(length);
  };
  if (folio.pos() < mapped_end) {
    const auto last =
        for_each_mapping(file, ops, request, folio.pos(), mapped_end - folio.pos(), body);
    if (last.status != 0) return errno_of(last.status);
  }
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (folio.blocks[i].uptodate) continue;
    zero_in_block(folio, i, folio.block_pos(i), folio.block_end(i));
    folio.blocks[i].uptodate = true;
  }
  return 0;
}

}  // namespace quire::ref::iomap
