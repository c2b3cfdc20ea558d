// The trip of impl accepts exactly what the loop of ref accepts, folio by folio.
//
// Both loops run to their end on the same three folios and the same memory, of which the first `good` bytes
// can be read: a copy stops exactly there. Which ranges are uptodate is left open, for each attempt of
// each loop anew.
#include "impl/accept.h"
#include "impl/write_loop.h"
#include "proofs/obligations.h"
#include "ref/write_loop.h"
#include "spec/geometry.h"
#include "spec/hooks.h"

#include <array>
#include <cstddef>

namespace quire::proofs {
namespace {

/// What both loops are given.
template <class W>
struct World {
  BOOST_HANA_DEFINE_STRUCT(World,
    (W, pos),    // where the write starts, in the first folio; bytes from the folio's window
    (W, total),  // bytes to write, within the three folios
    (W, end1),   // end of the first folio
    (W, end2),
    (W, end3),
    (W, good)    // bytes of the caller's memory that can be read, from its start
  );
};

/// No loop needs more attempts than this for three folios: one for each, one rejected, one retried, and
/// one that meets the fault. More are claimed not to happen.
constexpr int kAttemptsMax = 8;

class WorldHooks {
 public:
  struct Folio : spec::Begun<Bits> {
    Truth uptodate;
  };
  static constexpr std::size_t kTripFolios = 3;

  WorldHooks(Explorer& e, const World<Bits>& world) : e_(e), world_(world), left_(world.total) {}

  spec::IterState<Bits> iter() const { return {left_, place()}; }
  void throttle() {}
  Truth fatal_signal() { return false; }
  Bits fault_in(const Bits& n) { return n - readable(n); }

  Folio write_begin(const Bits& pos, const Bits&) {
    const Bits start = ite(pos < world_.end1, Bits{0}, ite(pos < world_.end2, world_.end1, world_.end2));
    const Bits end = ite(pos < world_.end1, world_.end1, ite(pos < world_.end2, world_.end2, world_.end3));
    return {{0, start, end}, e_.fresh("uptodate", 1) != 0};
  }

  Bits copy(Folio&, const Bits&, const Bits& n) {
    const Bits copied = readable(n);
    left_ = left_ - copied;
    return copied;
  }

  Bits write_end(Folio& folio, const Bits&, const Bits& length, const Bits& copied) {
    return impl::accept<Bits>(folio.uptodate, length, copied);
  }

  void revert(const Bits& n) { left_ = left_ + n; }
  void attempt_begins(const spec::LoopState<Bits>&) {
    ++attempts_;
    e_.claim("The loop ends within the attempts that three folios need.", Truth{attempts_ <= kAttemptsMax});
    if (attempts_ > kAttemptsMax) e_.assume(Truth{false});
  }
  void attempt_ends(const spec::LoopState<Bits>&, bool) {}

 private:
  Bits place() const { return world_.total - left_; }
  /// How many of the next n bytes can be read.
  Bits readable(const Bits& n) const {
    const Bits here = place();
    return ite(world_.good <= here, Bits{0}, spec::min(n, world_.good - here));
  }

  Explorer& e_;
  World<Bits> world_;
  Bits left_;
  int attempts_ = 0;
};

void trip_equals_loop(Explorer& e) {
  const World<Bits> w{e.fresh("pos", 14),  e.fresh("total", 14), e.fresh("end1", 14),
                      e.fresh("end2", 14), e.fresh("end3", 14),  e.fresh("good", 14)};
  e.assume(
      w.total != 0 && w.pos < w.end1 && w.end1 < w.end2 && w.end2 < w.end3 &&
      w.pos + w.total <= w.end3);

  WorldHooks for_impl(e, w);
  spec::LoopState<Bits> impl_last{0, 0, 0, 0, 0};
  const Bits impl_result = impl::perform_write<Bits>(impl_last, for_impl, w.pos);

  World<Bits> ref_world = w;
  if (e.broken("reads a byte less")) ref_world.good = w.good - ite(w.good != 0, Bits{1}, Bits{0});
  WorldHooks for_ref(e, ref_world);
  spec::LoopState<Bits> ref_last{0, 0, 0, 0, 0};
  const Bits ref_result =
      ref::generic_perform_write<Bits>(for_ref, w.pos, ref_last, Bits{spec::kFolioSizeMax});

  e.claim("Both answer the same count or error.", impl_result == ref_result, w);
  e.claim("Both leave the iterator at the same byte.", for_impl.iter().left == for_ref.iter().left, w);
}

}  // namespace

std::vector<Obligation> refinement_obligations() {
  return {
      {.name = "both.write_loop.trip_equals_loop",
       .tag = "GPW, IOM-1",
       .subject = "both",
       .says = "A write by trips over several folios accepts exactly what folio by folio accepts.",
       .bound = "3 folios, 16 KiB",
       .body = trip_equals_loop},
  };
}

}  // namespace quire::proofs
