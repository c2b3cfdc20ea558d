// No lost bytes: the effect of a buffered write on the file's contents.
//
// Image is a file's contents: at(image, p) is byte p. A clause about contents is about any one
// position p: a test tries each position, Z3 leaves it open. No clause has a quantifier.
#pragma once

#include "spec/clause.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

#include <vector>

namespace quire::spec {

using Bytes = std::vector<std::uint8_t>;

/// Byte p of a concrete image; 0 beyond its end.
inline std::uint64_t at(const Bytes& image, std::uint64_t p) {
  return p < image.size() ? image[p] : 0;
}

template <class W, class Image>
struct FileWrite {
  Image before;
  W size_before;  ///< bytes, as is `size_after`
  Image source;
  W pos;       ///< first byte of the file written
  W accepted;  ///< bytes of `source` that count as written
  Image after;
  W size_after;
};

template <Word W>
TruthOf<W> is_written(const W& p, const W& pos, const W& accepted) {
  return pos <= p && p < pos + accepted;
}

inline constexpr auto written_bytes_read_back = clause(
    {.operation = "file_write",
     .name = "written_bytes_read_back",
     .says = "Each accepted byte reads back as its byte of the source.",
     .source = "O2; POSIX.1-2017 write()"},
    []<class W, class Image>(const FileWrite<W, Image>& w, const W& p) {
      return implies(is_written(p, w.pos, w.accepted), at(w.after, p) == at(w.source, p - w.pos));
    });

inline constexpr auto other_bytes_stay = clause(
    {.operation = "file_write",
     .name = "other_bytes_stay",
     .says = "Each byte of the file outside the accepted range reads as before.",
     .source = "O2, WB-2, WB-3; POSIX.1-2017 write()"},
    []<class W, class Image>(const FileWrite<W, Image>& w, const W& p) {
      return implies(
          p < w.size_before && !is_written(p, w.pos, w.accepted),
          at(w.after, p) == at(w.before, p));
    });

inline constexpr auto gap_reads_zero = clause(
    {.operation = "file_write",
     .name = "gap_reads_zero",
     .says = "A gap left between the old end of the file and the write reads as zeroes.",
     .source = "O2, WB-7; POSIX.1-2017 lseek()"},
    []<class W, class Image>(const FileWrite<W, Image>& w, const W& p) {
      return implies(w.size_before <= p && p < w.pos && w.accepted != 0, at(w.after, p) == 0);
    });

inline constexpr auto size_covers_write = clause(
    {.operation = "file_write",
     .name = "size_covers_write",
     .says = "The file ends where it did or where the accepted bytes end, whichever is later.",
     .source = "O7, IOM-4; POSIX.1-2017 write()"},
    []<class W, class Image>(const FileWrite<W, Image>& w, const W&) {
      const W end = w.pos + w.accepted;
      return w.size_after == ite(w.accepted != 0 && w.size_before < end, end, w.size_before);
    });

inline constexpr auto file_write_clauses = boost::hana::make_tuple(
    written_bytes_read_back, other_bytes_stay, gap_reads_zero, size_covers_write);

}  // namespace quire::spec
