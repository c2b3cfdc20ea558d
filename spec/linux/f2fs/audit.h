// The nodes and the main area of F2FS between two calls, counted anew by an auditor
// (spec/write/audit.h). spec/linux/f2fs/f2fs.h has the counts of blocks.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// The nodes of one file.
template <class W>
struct NodeAudit {
  BOOST_HANA_DEFINE_STRUCT(NodeAudit,
    (W, nulls),             // entries of its table that are NULL
    (W, odd_heads),         // COMPRESS addresses that head no cluster of a compressed file
    (W, odd_clusters),      // stored clusters that are not a head, blocks, and reserved entries
    (W, nodeless),          // addresses that lie in no node block of the file
    (W, addresses),         // that are not NULL
    (W, is_inline),         // 1: its bytes are in the inode
    (W, size),              // bytes
    (W, inline_max),        // bytes that fit into the inode
    (W, dirty_homeless)     // dirty pages without an address; none of an inline file
  );
};

inline constexpr auto table_has_no_null = clause(
    {.operation = "node_audit",
     .name = "table_has_no_null",
     .says = "The table of a file's addresses has only those that are not NULL.",
     .source = "F2-4"},
    []<class W>(const NodeAudit<W>& n) { return n.nulls == 0; });

inline constexpr auto compress_heads_a_cluster = clause(
    {.operation = "node_audit",
     .name = "compress_heads_a_cluster",
     .says = "A COMPRESS address stands at the first page of a cluster of a compressed file.",
     .source = "F2-4"},
    []<class W>(const NodeAudit<W>& n) { return n.odd_heads == 0; });

inline constexpr auto stored_cluster_is_packed = clause(
    {.operation = "node_audit",
     .name = "stored_cluster_is_packed",
     .says = "Behind the head of a stored cluster come its blocks, and then entries that are "
             "reserved, or NULL once they were released.",
     .source = "F2-4"},
    []<class W>(const NodeAudit<W>& n) { return n.odd_clusters == 0; });

inline constexpr auto address_has_its_node = clause(
    {.operation = "node_audit",
     .name = "address_has_its_node",
     .says = "Each address lies in a node block that the file has.",
     .source = "F2-3, F2-4"},
    []<class W>(const NodeAudit<W>& n) { return n.nodeless == 0; });

inline constexpr auto inline_file_has_no_block = clause(
    {.operation = "node_audit",
     .name = "inline_file_has_no_block",
     .says = "A file whose bytes are in its inode has no address, and fits there.",
     .source = "F2-6"},
    []<class W>(const NodeAudit<W>& n) {
      return implies(n.is_inline == 1, n.addresses == 0 && n.size <= n.inline_max);
    });

inline constexpr auto dirty_page_has_an_address = clause(
    {.operation = "node_audit",
     .name = "dirty_page_has_an_address",
     .says = "A dirty page has an address that is not NULL, or belongs to inline data.",
     .source = "F2-3, DA-1"},
    []<class W>(const NodeAudit<W>& n) { return n.dirty_homeless == 0; });

inline constexpr auto node_audit_clauses = boost::hana::make_tuple(
    table_has_no_null, compress_heads_a_cluster, stored_cluster_is_packed, address_has_its_node,
    inline_file_has_no_block, dirty_page_has_an_address);

template <class W>
constexpr const auto& clauses_of(const NodeAudit<W>&) {
  return node_audit_clauses;
}

/// The main area. Blocks.
template <class W>
struct AreaAudit {
  BOOST_HANA_DEFINE_STRUCT(AreaAudit,
    (W, live),          // marked as live
    (W, live_counted),  // the area's own count of them
    (W, free),          // marked as neither live nor kept
    (W, free_counted),  // the area's own count of them
    (W, named),         // that addresses of files name, each once
    (W, named_again),   // how often they name one that another does, too
    (W, named_dead),    // that they name, and that are not live
    (W, kept),          // marked as kept
    (W, in_checkpoint), // that the addresses of the last checkpoint name
    (W, unkept)         // that they name, and that are not kept
  );
};

inline constexpr auto area_counts_its_marks = clause(
    {.operation = "area_audit",
     .name = "counts_its_marks",
     .says = "The main area's counts of live and free blocks are its marks.",
     .source = "F2-4, O4"},
    []<class W>(const AreaAudit<W>& a) {
      return a.live == a.live_counted && a.free == a.free_counted;
    });

inline constexpr auto block_has_one_address = clause(
    {.operation = "area_audit",
     .name = "block_has_one_address",
     .says = "No two addresses name one block.",
     .source = "F2-4, O4"},
    []<class W>(const AreaAudit<W>& a) { return a.named_again == 0; });

inline constexpr auto live_blocks_have_an_address = clause(
    {.operation = "area_audit",
     .name = "live_blocks_have_an_address",
     .says = "The live blocks are those that addresses of files name.",
     .source = "F2-4, O4"},
    []<class W>(const AreaAudit<W>& a) { return a.live == a.named && a.named_dead == 0; });

inline constexpr auto kept_blocks_are_of_the_checkpoint = clause(
    {.operation = "area_audit",
     .name = "kept_blocks_are_of_the_checkpoint",
     .says = "The kept blocks are those that the last checkpoint names: no other block is lost, "
             "and none of them is written again.",
     .source = "O10, CRASH-1"},
    []<class W>(const AreaAudit<W>& a) { return a.kept == a.in_checkpoint && a.unkept == 0; });

inline constexpr auto area_audit_clauses = boost::hana::make_tuple(
    area_counts_its_marks, block_has_one_address, live_blocks_have_an_address,
    kept_blocks_are_of_the_checkpoint);

template <class W>
constexpr const auto& clauses_of(const AreaAudit<W>&) {
  return area_audit_clauses;
}

}  // namespace quire::spec
