// Cloning a range: its holes, and its data block by block.
#include "ref/plain/clone.h"

#include "ref/plain/fallocate.h"
#include "ref/plain/range.h"
#include "ref/plain/read_folio.h"
#include "ref/plain/truncate.h"
#include "ref/plain/write_begin_end.h"
#include "ref/vfs/clone_checks.h"
#include "spec/geometry.h"
#include "spec/word.h"

#include <algorithm>
#include <cerrno>
#include <vector>

namespace quire::ref {
namespace {

/// The checks of both files (clone.h). Replaces a length of 0.
int check(Inode& source, Inode& target, CloneRange& range) {
  vfs::CloneChecks checks{
      .from = range.from,
      .to = range.to,
      .length = range.length,
      .source_size = source.size,
      .target_size = target.size,
      .block_size = source.volume.block_size,
      .size_max = spec::kFileSizeMax,
      .same_file = &source == &target};
  const int error = vfs::check_clone(checks, source.volume.caller);
  range.length = checks.length;
  return error;
}

/// Blocks of the target that the clone would have to allocate.
std::uint64_t missing_blocks(Inode& source, Inode& target, const CloneRange& range) {
  const std::uint64_t block_size = source.volume.block_size;
  const std::uint64_t first = range.from / block_size, to = range.to / block_size;
  const std::uint64_t end = first + spec::round_up(range.length, block_size) / block_size;
  std::uint64_t missing = 0;
  auto data = next_data(source, first);
  for (; data && *data < end; data = next_data(source, *data + 1)) {
    const std::uint64_t block = to + (*data - first);
    if (!is_data(target, block) && !target.blocks.find(block)) ++missing;
  }
  return missing;
}

/// The `n` bytes of the source at `pos`, through the cache.
int read_bytes(Inode& source, std::uint64_t pos, std::uint64_t n, std::vector<std::byte>& to) {
  Folio* const folio = source.pages.find_or_make(pos);
  if (folio == nullptr) return -ENOMEM;
  lock_folio(source, *folio);
  const int error = folio->uptodate() ? 0 : read_folio(source, *folio, source.size);
  const auto bytes = folio->bytes(pos, pos + n);
  if (error == 0) to.assign(bytes.begin(), bytes.end());
  unlock_folio(source, *folio);
  return error;
}

/// Writes bytes of our own, so that the copy cannot stop short.
int write_bytes(Inode& target, std::uint64_t pos, const std::vector<std::byte>& from) {
  Prepared prepared = write_begin(target, pos, from.size());
  if (prepared.error != 0) return static_cast<int>(static_cast<std::int64_t>(prepared.error));
  std::ranges::copy(from, prepared.folio->bytes(pos, pos + from.size()).begin());
  write_end(target, prepared, pos, from.size(), from.size());
  return 0;
}

int copy_bytes(
    Inode& source, Inode& target, std::uint64_t from, std::uint64_t to, std::uint64_t n) {
  std::vector<std::byte> bytes;
  const int error = read_bytes(source, from, n, bytes);
  return error != 0 ? error : write_bytes(target, to, bytes);
}

/// Bytes of a hole from the start of a block on; at most `n`.
std::uint64_t hole_bytes(Inode& source, std::uint64_t from, std::uint64_t n) {
  const std::uint64_t block_size = source.volume.block_size;
  const auto data = next_data(source, from / block_size);
  return data ? std::min(n, *data * block_size - from) : n;
}

}  // namespace

int clone_range(Inode& source, Inode& target, CloneRange range) {
  if (const int error = check(source, target, range); error != 0) return error;
  if (range.length == 0) return 0;
  if (target.volume.space.free_blocks() < missing_blocks(source, target, range)) return -ENOSPC;
  const std::uint64_t end = range.to + range.length;
  for (std::uint64_t done = 0; done < range.length;) {
    const std::uint64_t from = range.from + done, to = range.to + done;
    const std::uint64_t left = range.length - done;
    const std::uint64_t hole = hole_bytes(source, from, left);
    const std::uint64_t n = hole != 0 ? hole : std::min(source.volume.block_size, left);
    const int error =
        hole != 0 ? punch_hole(target, to, to + n) : copy_bytes(source, target, from, to, n);
    if (error != 0) return error;
    done += n;
  }
  return target.size < end ? truncate(target, end) : 0;
}

}  // namespace quire::ref
