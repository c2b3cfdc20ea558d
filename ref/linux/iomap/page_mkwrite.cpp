// A page of a mapping of the file is about to be stored to: the steps.
#include "ref/linux/iomap/page_mkwrite.h"

#include "ref/linux/iomap/cache.h"
#include "ref/linux/iomap/iterations.h"
#include "ref/linux/iomap/read_or_zero.h"
#include "ref/require.h"

#include <algorithm>
#include <cerrno>

namespace quire::ref::iomap {
namespace {

/// The folio is locked throughout, so a mapping that begin answers cannot go out of date.
Done dirty_blocks(Iteration& iteration, Folio& folio, std::uint64_t pos, std::uint64_t length) {
  const bool valid = iteration.ops->valid(iteration.mapping);
  require(valid, "a mapping went out of date under the folio's lock");
  const CountedFolio counted(*iteration.file, folio);
  for (std::size_t i = 0; i < folio.blocks.size(); ++i) {
    if (folio.touches(i, pos, pos + length)) folio.blocks[i].dirty = true;
  }
  if (iteration.file->recorder != nullptr) {
    iteration.file->recorder->step(spec::IomapChange<std::uint64_t>{
        iteration.mapping.pos, iteration.end, pos, length, 1, folio.locked, valid});
  }
  return done(length);
}

int make_writable(File& file, Ops& reads, Ops& writes, Folio& folio) {
  if (!folio.uptodate()) {
    if (const int error = read_folio(file, reads, folio); error != 0) return error;
  }
  const std::uint64_t length = std::min(folio.end(), file.size) - folio.pos();
  const auto body = [&](Iteration& iteration, std::uint64_t pos, std::uint64_t n) {
    return dirty_blocks(iteration, folio, pos, n);
  };
  const Request request{.write = true, .fault = true};
  return errno_of(for_each_mapping(file, writes, request, folio.pos(), length, body).status);
}

}  // namespace

int page_mkwrite(File& file, Ops& reads, Ops& writes, std::uint64_t pos) {
  if (file.size <= spec::round_down(pos, spec::kPageSize)) return -EFAULT;
  const auto folio = get_locked_folio(file, pos, spec::kPageSize);
  if (!folio) return folio.error();
  const int error = make_writable(file, reads, writes, **folio);
  unlock_folio(file, **folio);
  return error;
}

}  // namespace quire::ref::iomap
