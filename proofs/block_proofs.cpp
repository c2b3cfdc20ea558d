// What impl decides of a folio's blocks: which bits a range covers, and how much of a copy counts.
#include "impl/accept.h"
#include "impl/block_bits.h"
#include "proofs/obligations.h"
#include "spec/write_begin_end.h"

namespace quire::proofs {
namespace {

/// One bit of one word of a bitmap, and a range of bits.
template <class W>
struct MaskedBit {
  BOOST_HANA_DEFINE_STRUCT(MaskedBit,
    (W, index),  // of the word in the bitmap
    (W, bit),    // of the bit in the word
    (W, first),  // of the range
    (W, end),    // of the range, one past its last bit
    (W, mask)    // the word's mask
  );
};

void range_mask(Explorer& e) {
  // A folio of 2 MiB has 4096 blocks of 512 bytes.
  MaskedBit<Bits> m{
      e.fresh("index", 7), e.fresh("bit", 6), e.fresh("first", 13), e.fresh("end", 13), 0};
  m.mask = impl::range_mask<Bits>(m.index, m.first, m.end);
  if (e.broken("covers the bit behind the range")) {
    m.mask = impl::range_mask<Bits>(m.index, m.first, m.end + 1);
  }
  const Bits number = lsh(m.index, 6) + m.bit;
  e.claim(
      "A bit is in the mask exactly if its number is in the range.",
      iff((rsh(m.mask, m.bit) & 1) != 0, m.first <= number && number < m.end), m);
}

/// A copy into a range, and how much of it impl lets count.
template <class W>
struct Acceptance {
  BOOST_HANA_DEFINE_STRUCT(Acceptance,
    (W, range_uptodate),
    (W, length),
    (W, copied),
    (W, accepted)
  );
};

void accept(Explorer& e) {
  Acceptance<Bits> a{e.fresh("range_uptodate", 1), e.fresh("length", 22), e.fresh("copied", 22), 0};
  a.accepted = impl::accept<Bits>(a.range_uptodate == 1, a.length, a.copied);
  if (e.broken("counts a short copy into a stale range")) a.accepted = a.copied;
  spec::WriteEnd<Bits> op{0,          a.length,         0,     a.length, a.length, a.copied,
                          a.accepted, a.range_uptodate, 0,     0,        0,        0,
                          0,          {0, 0},           {0, 0}};
  e.claim(spec::short_copy_is_rejected, op);
  e.claim(spec::good_copy_is_accepted, op);
}

}  // namespace

std::vector<Obligation> block_obligations() {
  return {
      {.name = "impl.block_bits.range_mask",
       .tag = "3.4, IFS-1 to IFS-3",
       .subject = "impl",
       .says = "The blocks that turn uptodate and dirty are those of the range.",
       .bound = "folios of 1 to 4096 blocks",
       .body = range_mask},
      {.name = "impl.accept.keeps_the_contract",
       .tag = "WB-3, WB-4, GPW-4, GPW-9",
       .subject = "impl",
       .says =
           "A short copy into a stale range counts for nothing; any other counts as far as it got.",
       .body = accept},
  };
}

}  // namespace quire::proofs
