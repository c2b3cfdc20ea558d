// How the iterators of ref/ and impl/ go from segment to segment: one step from any position.
//
// A step leaves fewer bytes, or as many bytes and fewer segments, so that a walk ends. Empty
// segments can neither keep it going, as they did in Linux (writev of 2.6.24, fuse of 4.3), nor
// stop it.
#include "impl/user_memory/segment_walk.h"
#include "proofs/models/symbolic_hooks.h"
#include "proofs/obligations/obligations.h"
#include "ref/user_memory/segment_walk.h"
#include "spec/write/segment_walk.h"

#include <string>

namespace quire::proofs {
namespace {

/// The steps of an iterator, at a position {segment, offset}. length: of the current segment.
struct RefWalk {
  static constexpr const char* name = "ref";
  using Position = ref::Cursor<Bits>;
  static bool skip(Position& at, const Bits&, const Bits& length) {
    return ref::leave_finished<Bits>(at, length);
  }
  template <class Answer>
  static bool move(Position& at, Bits& wanted, const Bits& length, Answer moved) {
    return ref::transfer_here<Bits>(at, length, wanted, moved);
  }
  template <class Answer>
  static bool look(Position& at, Bits& wanted, const Bits& length, Answer unreadable) {
    return ref::fault_in_here<Bits>(at, length, wanted, unreadable);
  }
  template <class LengthOf>
  static bool back(Position& at, Bits& n, LengthOf length_of) {
    return ref::revert_here<Bits>(at, n, length_of);
  }
};
struct ImplWalk {
  static constexpr const char* name = "impl";
  using Position = impl::SegmentPlace<Bits>;
  static bool skip(Position& at, const Bits& segments, const Bits& length) {
    return impl::skip_used_up<Bits>(at, segments, [&](const Bits&) { return length; });
  }
  template <class Answer>
  static bool move(Position& at, Bits& wanted, const Bits& length, Answer moved) {
    return impl::move_some<Bits>(
        at, wanted, [&](const Bits&) { return length; }, moved);
  }
  template <class Answer>
  static bool look(Position& at, Bits& wanted, const Bits& length, Answer unreadable) {
    return impl::fault_in_segment<Bits>(
        at, wanted, [&](const Bits&) { return length; }, unreadable);
  }
  template <class LengthOf>
  static bool back(Position& at, Bits& n, LengthOf length_of) {
    return impl::step_back<Bits>(at, n, length_of);
  }
};

/// Bits of a number of segments.
constexpr unsigned kSegmentBits = 16;

/// Any position in any array, with bytes left to do.
struct AnyPosition {
  Bits segment, rest, offset, here, wanted;
  Bits segments, length;

  explicit AnyPosition(Explorer& e)
      : segment(e.fresh("segment", kSegmentBits)),
        rest(e.fresh("segments_left", kSegmentBits)),
        offset(e.fresh("offset", kCountBits)),
        here(e.fresh("here", kCountBits)),
        wanted(e.fresh("wanted", kCountBits)),
        segments(segment + rest),
        length(offset + here) {
    e.assume("A step is made only where a segment and bytes are left.", rest != 0 && wanted != 0);
  }
  spec::SegmentStep<Bits> step() const { return {here, rest, 0, wanted, 0, 0, 0, 0}; }
};

Bits flag(bool p) { return p ? 1 : 0; }

template <class Walk>
void moves(Explorer& e) {
  AnyPosition any(e);
  spec::SegmentStep<Bits> step = any.step();
  typename Walk::Position at{any.segment, any.offset};
  Bits wanted = any.wanted;
  const bool passes = !e.broken("takes its length from a segment that may be empty") &&
                      Walk::skip(at, any.segments, any.length);
  if (passes) {
    step.goes_on = 1;
  } else {
    const bool all = Walk::move(at, wanted, any.length, [&](const auto&, const Bits& asked) {
      step.asked = asked;
      step.done = e.fresh("moved", kCountBits);
      e.assume("A copy gives no more than it was asked for (IT-5).", step.done <= asked);
      return step.done;
    });
    step.goes_on = flag(all && static_cast<bool>(wanted != 0));
    e.claim("It is past the bytes that were copied.", at.offset == any.offset + step.done);
    if (e.broken("goes on after unreadable memory")) step.goes_on = 1;
  }
  if (e.broken("stops at an empty segment")) {
    step.goes_on = ite(step.here == 0, Bits{0}, step.goes_on);
  }
  step.segments_after = any.segments - at.segment;
  if (e.broken("stays at an empty segment")) step.segments_after = step.segments_before;
  step.wanted_after = wanted;
  e.claim_all(spec::segment_step_clauses, step);
}

/// impl skips a used-up segment by a step of its own, also at the end of the array.
void skips_used_up(Explorer& e) {
  const Bits segment = e.fresh("segment", kSegmentBits);
  const Bits segments = segment + e.fresh("segments_left", kSegmentBits);
  const Bits offset = e.fresh("offset", kCountBits);
  const Bits length = offset + e.fresh("here", kCountBits);
  ImplWalk::Position at{segment, offset};
  const bool passed = impl::skip_used_up<Bits>(at, segments, [&](const Bits& asked) {
    e.claim("Only the length of a segment of the array is asked for.", asked < segments);
    return length;
  });
  if (e.broken("stays in the segment")) at.segment = segment;
  if (e.broken("begins a segment past its first byte")) at.offset = at.offset + 1;
  const Truth used_up = segment != segments && offset == length;
  e.claim("A segment is skipped exactly if it is used up.", iff(Truth{passed}, used_up));
  e.claim(
      "It is then at the start of the next, and otherwise where it was.",
      at.segment == ite(used_up, segment + 1, segment) && at.offset == ite(used_up, 0, offset));
}

/// Before and after a copy the iterator skips segments until a step skips none: that step, from any
/// position.
template <class Walk>
void comes_to_a_byte(Explorer& e) {
  const Bits segment = e.fresh("segment", kSegmentBits);
  const Bits rest = e.fresh("segments_left", kSegmentBits);
  const Bits offset = e.fresh("offset", kCountBits);
  const Bits here = e.fresh("here", kCountBits);
  const Bits left = e.fresh("left", kCountBits);
  e.assume("Bytes left are in segments.", implies(left != 0, rest != 0));
  typename Walk::Position at{segment, offset};
  const bool passed = static_cast<bool>(rest != 0) && Walk::skip(at, segment + rest, offset + here);
  if (passed && !e.broken("stays at an empty segment")) return;
  const spec::IterState<Bits> stands{left, 0, ite(rest == 0, Bits{0}, here)};
  const Bits copy{static_cast<std::uint64_t>(spec::IterAction::copy)};
  const spec::IterStep<Bits> step{copy, 0, 0, stands, stands};
  e.claim(spec::empty_segments_are_invisible, step);
}

template <class Walk>
void faults_in(Explorer& e) {
  AnyPosition any(e);
  spec::SegmentStep<Bits> step = any.step();
  typename Walk::Position at{any.segment, any.offset};
  Bits wanted = any.wanted;
  const bool all = Walk::look(at, wanted, any.length, [&](const auto&, const Bits& asked) {
    step.asked = asked;
    const Bits unreadable = e.fresh("unreadable", kCountBits);
    e.assume("No more is unreadable than was accessed (IT-4).", unreadable <= asked);
    step.done = asked - unreadable;
    return unreadable;
  });
  e.claim(
      "If all of it could be read it is at the start of the next segment.",
      implies(Truth{all}, at.segment == any.segment + 1 && at.offset == 0));
  step.goes_on = flag(all && static_cast<bool>(wanted != 0));
  step.segments_after = ite(Truth{all}, any.segments - at.segment, step.segments_before);
  step.wanted_after = wanted;
  if (e.broken("stops at an empty segment")) {
    step.goes_on = ite(step.here == 0, Bits{0}, step.goes_on);
  }
  if (e.broken("stays at an empty segment")) step.segments_after = step.segments_before;
  if (e.broken("reads past the end of a segment")) step.asked = step.wanted_before;
  e.claim_all(spec::segment_step_clauses, step);
}

template <class Walk>
void goes_back(Explorer& e) {
  // The consumed bytes: earlier segments, the segment in front, the offset.
  const Bits further = e.fresh("bytes_further_in_front", kCountBits);
  const Bits in_front = e.fresh("length_of_the_segment_in_front", kCountBits);
  const Bits offset = e.fresh("offset", kCountBits);
  const Bits n = e.fresh("n", kCountBits);
  const Bits segment = e.fresh("segment", kSegmentBits);
  const Bits consumed = further + in_front + offset;
  e.assume("A revert is no longer than what was consumed (IT-2).", n <= consumed);
  e.assume(
      "Bytes in front of a segment are in segments.",
      implies(further + in_front != 0, segment != 0));
  typename Walk::Position at{segment, offset};
  Bits left = n;
  const bool goes_on = Walk::back(at, left, [&](const Bits& asked) {
    e.claim(
        "The length of the segment in front is asked for, and there is one.",
        segment != 0 && asked == segment - 1);
    return in_front;
  });
  spec::SegmentStepBack<Bits> step{n, left, segment, at.segment, consumed, 0, flag(goes_on)};
  step.consumed_after = at.offset + (goes_on ? further : further + in_front);
  if (e.broken("stays at an empty segment")) step.segment_after = step.segment_before;
  if (e.broken("does not count the bytes that it has gone back")) step.n_after = step.n_before;
  e.claim_all(spec::segment_step_back_clauses, step);
}

template <class Walk>
void add_walk(std::vector<Obligation>& all) {
  const auto add = [&](const char* what, const char* tag, const char* says, auto body) {
    all.push_back(
        {.name = std::string(Walk::name) + ".iov_iter." + what,
         .tag = tag,
         .subject = Walk::name,
         .says = says,
         .body = body});
  };
  add("moves", "IT-1, IT-3, IT-5, O6",
      "Each step of a copy consumes bytes or skips a segment; an empty one never ends it.",
      moves<Walk>);
  add("comes_to_a_byte", "IT-3",
      "While bytes are left the iterator is at one of them, not in an empty segment.",
      comes_to_a_byte<Walk>);
  add("faults_in", "IT-3, IT-4, O6",
      "Each step of a fault-in makes bytes readable or skips a segment; an empty one never ends "
      "it.",
      faults_in<Walk>);
  add("goes_back", "IT-1 to IT-3, O6",
      "A revert returns to the iterator's earlier position, over any segments.", goes_back<Walk>);
}

}  // namespace

std::vector<Obligation> segment_obligations() {
  std::vector<Obligation> all;
  add_walk<RefWalk>(all);
  add_walk<ImplWalk>(all);
  all.push_back(
      {.name = "impl.iov_iter.skips_used_up",
       .tag = "IT-3, O6",
       .subject = "impl",
       .says = "A segment is skipped exactly if it is used up, and none past the last.",
       .body = skips_used_up});
  return all;
}

}  // namespace quire::proofs
