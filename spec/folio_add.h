// A folio enters the page cache.
#pragma once

#include "spec/clause.h"
#include "spec/reflect.h"
#include "spec/word.h"

#include <boost/hana/tuple.hpp>

namespace quire::spec {

/// One folio as it is put into a file's cache. Bytes of the file.
template <class W>
struct FolioAdd {
  BOOST_HANA_DEFINE_STRUCT(FolioAdd,
    (W, pos),         // its first byte
    (W, page_size),
    (W, order),       // log2 of its pages
    (W, for_write),   // 1: a write's body asked for it
    (W, body_pos),    // what that body was given
    (W, body_length)
  );
};

inline constexpr auto folio_starts_at_its_size = clause(
    {.operation = "folio_add",
     .name = "starts_at_its_size",
     .says = "A folio starts at a multiple of its size.",
     .source = "PC-8"},
    []<class W>(const FolioAdd<W>& add) {
      const W size = lsh(add.page_size, add.order);
      return size != 0 && (add.pos & (size - 1)) == 0;
    });

inline constexpr auto folio_serves_the_write = clause(
    {.operation = "folio_add",
     .name = "serves_the_write",
     .says = "A folio that a write adds holds a byte that its body was given, and if it is more "
             "than a page it is no larger than what the body was given.",
     .source = "PC-8, IOM-3"},
    []<class W>(const FolioAdd<W>& add) {
      const W size = lsh(add.page_size, add.order);
      const auto meets = add.pos < add.body_pos + add.body_length && add.body_pos < add.pos + size;
      return implies(add.for_write == 1, meets && (add.order == 0 || size <= add.body_length));
    });

inline constexpr auto folio_add_clauses =
    boost::hana::make_tuple(folio_starts_at_its_size, folio_serves_the_write);

template <class W>
constexpr const auto& clauses_of(const FolioAdd<W>&) {
  return folio_add_clauses;
}

}  // namespace quire::spec
