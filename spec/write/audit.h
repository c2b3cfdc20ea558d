// The cached folios and the files of a volume between two calls, counted anew.
//
// An auditor fills the records: it walks the structures themselves, and compares the figures that
// the code keeps with what it counted. spec/write/volume_audit.h has the records of the volume.
#pragma once

#include "spec/clause.h"
#include "spec/geometry.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One folio of a file's index.
template <class W>
struct FolioAudit {
  BOOST_HANA_DEFINE_STRUCT(FolioAudit,
    (W, pos),               // its first byte in the file
    (W, size),              // bytes
    (W, size_max),          // of the largest folio that the file may have, bytes
    (W, found_at),          // first byte of the first page under which the index finds it
    (W, found_bytes),       // of the pages in a row under which it does
    (W, uptodate),          // blocks that are marked uptodate
    (W, uptodate_counted),  // the folio's own count of them
    (W, dirty),             // blocks that are marked dirty
    (W, dirty_counted),     // the folio's own count of them
    (W, dirty_stale),       // dirty blocks that are not uptodate
    (W, dirty_past),        // dirty blocks that start at the file's size or past it
    (W, bytes_past),        // 1: an uptodate block has a byte past the size that is not zero
    (W, left_by_cut),       // 1: it starts past the size, to which a truncate has just cut the file
    (W, locked),            // 1
    (W, writeback),         // 1: the writeback flag is set
    (W, users)              // references besides the index's
  );
};

inline constexpr auto cached_folio_is_aligned = clause(
    {.operation = "folio_audit",
     .name = "is_aligned",
     .says = "A folio's size is a page times a power of two, at most the largest folio, and its "
             "position a multiple of its size.",
     .source = "PC-8"},
    []<class W>(const FolioAudit<W>& f) {
      return (f.size & (f.size - 1)) == 0 && W{kPageSize} <= f.size && f.size <= f.size_max &&
             (f.pos & (f.size - 1)) == 0;
    });

inline constexpr auto folio_is_found_under_its_pages = clause(
    {.operation = "folio_audit",
     .name = "is_found_under_its_pages",
     .says = "The index finds a folio under each of its pages, and under no other.",
     .source = "PC-8, PC-9"},
    []<class W>(const FolioAudit<W>& f) { return f.found_at == f.pos && f.found_bytes == f.size; });

inline constexpr auto folio_counts_its_blocks = clause(
    {.operation = "folio_audit",
     .name = "counts_its_blocks",
     .says = "A folio's counts of uptodate and dirty blocks are the marks of its blocks.",
     .source = "IFS-1, IFS-2"},
    []<class W>(const FolioAudit<W>& f) {
      return f.uptodate == f.uptodate_counted && f.dirty == f.dirty_counted;
    });

inline constexpr auto dirty_blocks_are_uptodate = clause(
    {.operation = "folio_audit",
     .name = "dirty_blocks_are_uptodate",
     .says = "Between calls each dirty block is uptodate.",
     .source = "IFS-3"},
    []<class W>(const FolioAudit<W>& f) { return f.dirty_stale == 0; });

inline constexpr auto nothing_is_dirty_past_the_end = clause(
    {.operation = "folio_audit",
     .name = "nothing_is_dirty_past_the_end",
     .says = "No block past the end of the file is dirty.",
     .source = "WBK-1, WB-6"},
    []<class W>(const FolioAudit<W>& f) { return f.dirty_past == 0; });

inline constexpr auto cache_is_zero_past_the_end = clause(
    {.operation = "folio_audit",
     .name = "is_zero_past_the_end",
     .says = "In an uptodate block every byte past the end of the file is zero.",
     .source = "WB-7, O3"},
    []<class W>(const FolioAudit<W>& f) { return f.bytes_past == 0; });

inline constexpr auto cut_drops_whole_folios = clause(
    {.operation = "folio_audit",
     .name = "cut_drops_whole_folios",
     .says = "A truncate that shrinks a file leaves no folio that starts past the new size.",
     .source = "PC-2"},
    []<class W>(const FolioAudit<W>& f) { return f.left_by_cut == 0; });

inline constexpr auto folio_is_idle = clause(
    {.operation = "folio_audit",
     .name = "is_idle",
     .says = "Between calls no folio is locked or under writeback, and only the index refers to "
             "it.",
     .source = "GPW-7, WBK-1, F2-7"},
    []<class W>(const FolioAudit<W>& f) {
      return f.locked == 0 && f.writeback == 0 && f.users == 0;
    });

inline constexpr auto folio_audit_clauses = boost::hana::make_tuple(
    cached_folio_is_aligned, folio_is_found_under_its_pages, folio_counts_its_blocks,
    dirty_blocks_are_uptodate, nothing_is_dirty_past_the_end, cache_is_zero_past_the_end,
    cut_drops_whole_folios, folio_is_idle);

template <class W>
constexpr const auto& clauses_of(const FolioAudit<W>&) {
  return folio_audit_clauses;
}

/// One file.
template <class W>
struct FileAudit {
  BOOST_HANA_DEFINE_STRUCT(FileAudit,
    (W, size),           // bytes
    (W, size_max),       // of the largest file, bytes
    (W, dirty),          // bytes of the blocks that are marked dirty
    (W, dirty_counted),  // the file's own count of them
    (W, listed),         // how often the volume lists it as dirty
    (W, pages),          // under which its index finds a folio
    (W, pages_counted),  // the index's own count of them
    (W, map_wrong),      // runs of its block map that are empty or overlap
    (W, mapped_past),    // blocks past its end that have a block on the device
    (W, keeps_blocks),   // 1: it may have such, since fallocate(2) allocates past the end
    (W, unflushed),      // how often the volume lists it as having data in the device's cache
    (W, first_write),    // flushes that had begun before the first write of such data,
    (W, last_write),     //   and before the last
    (W, flushes)         // flushes that have begun
  );
};

inline constexpr auto file_counts_dirty_bytes = clause(
    {.operation = "file_audit",
     .name = "counts_dirty_bytes",
     .says = "A file's count of dirty bytes is the bytes of its dirty blocks.",
     .source = "BDP-5, BDP-6"},
    []<class W>(const FileAudit<W>& f) { return f.dirty == f.dirty_counted; });

inline constexpr auto dirty_file_is_listed = clause(
    {.operation = "file_audit",
     .name = "dirty_file_is_listed",
     .says = "The volume lists a file as dirty once if it has a dirty block, and else not.",
     .source = "BDP-6"},
    []<class W>(const FileAudit<W>& f) {
      return f.listed <= 1 && iff(f.listed == 1, f.dirty != 0);
    });

inline constexpr auto index_counts_its_pages = clause(
    {.operation = "file_audit",
     .name = "index_counts_its_pages",
     .says = "An index counts the pages under which it finds a folio.",
     .source = "PC-8"},
    []<class W>(const FileAudit<W>& f) { return f.pages == f.pages_counted; });

inline constexpr auto block_map_is_disjoint = clause(
    {.operation = "file_audit",
     .name = "block_map_is_disjoint",
     .says = "No run of a file's block map is empty or overlaps another.",
     .source = "ACC-1"},
    []<class W>(const FileAudit<W>& f) { return f.map_wrong == 0; });

inline constexpr auto file_has_no_block_past_its_end = clause(
    {.operation = "file_audit",
     .name = "has_no_block_past_its_end",
     .says = "A file has no block of the device past its end, unless fallocate(2) put it there.",
     .source = "ACC-1, PRE-2"},
    []<class W>(const FileAudit<W>& f) {
      return implies(f.keeps_blocks == 0, f.mapped_past == 0);
    });

inline constexpr auto unflushed_file_is_listed_in_order = clause(
    {.operation = "file_audit",
     .name = "unflushed_file_is_listed_in_order",
     .says = "A file is listed once while the device may hold data of it; the first write of that "
             "data came no later than the last, and no flush was counted that has not begun.",
     .source = "ES-8"},
    []<class W>(const FileAudit<W>& f) {
      return f.unflushed <= 1 &&
             implies(f.unflushed == 1, f.first_write <= f.last_write && f.last_write <= f.flushes);
    });

inline constexpr auto file_size_is_in_range = clause(
    {.operation = "file_audit",
     .name = "size_is_in_range",
     .says = "No file is larger than the largest file.",
     .source = "CHK-2"},
    []<class W>(const FileAudit<W>& f) { return f.size <= f.size_max; });

inline constexpr auto file_audit_clauses = boost::hana::make_tuple(
    file_counts_dirty_bytes, dirty_file_is_listed, index_counts_its_pages, block_map_is_disjoint,
    file_has_no_block_past_its_end, unflushed_file_is_listed_in_order, file_size_is_in_range);

template <class W>
constexpr const auto& clauses_of(const FileAudit<W>&) {
  return file_audit_clauses;
}

}  // namespace quire::spec
