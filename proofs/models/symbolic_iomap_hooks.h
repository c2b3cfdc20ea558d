// Hooks of iomap's two loops that give any answer their contract allows (sections 3.1 and 3.2).
#pragma once

#include "proofs/models/symbolic_hooks.h"
#include "spec/linux/iomap/hooks.h"

#include <cerrno>
#include <utility>

namespace quire::proofs {

/// The result of iomap's write_end: all that was copied, or nothing; it does not fail (3.4).
inline Bits all_or_nothing(
    Explorer&, const Truth& uptodate, const Bits& length, const Bits& copied) {
  return ite(copied == length || uptodate, copied, Bits{0});
}

/// The hooks of the body of a write.
class SymbolicIomapHooks : public SymbolicHooks {
 public:
  struct Folio : spec::IomapBegun<Bits> {
    SymbolicFolio begun;
  };

  SymbolicIomapHooks(Explorer& e, const Situation& s, EndRule end_rule)
      : SymbolicHooks(e, s, std::move(end_rule)),
        nowait_(e.fresh("nowait", 1)),
        size_(e.fresh("size", 63)) {}

  const Bits& nowait() const { return nowait_; }

  Bits throttle() {
    const Truth would_sleep = e_.fresh("would_sleep", 1) != 0;
    return ite(nowait_ != 0 && would_sleep, Bits{spec::error(EAGAIN)}, Bits{0});
  }

  Folio write_begin(const Bits& pos, const Bits& want) {
    if (e_.fresh("stale", 1) != 0) return {{{0, pos, pos}, 1}, {{0, pos, pos}, pos, false, false}};
    const SymbolicFolio folio = SymbolicHooks::write_begin(pos, want);
    e_.assume(
        "Only a call that must not wait gets EAGAIN (IOM-7).",
        nowait_ != 0 || folio.error != spec::error(EAGAIN));
    return {{{folio.error, folio.folio_pos, folio.end}, 0}, folio};
  }
  Bits copy(Folio& folio, const Bits& pos, const Bits& n) {
    return SymbolicHooks::copy(folio.begun, pos, n);
  }
  Bits write_end(Folio& folio, const Bits& pos, const Bits& n, const Bits& copied) {
    rejected_ = {pos, n};
    return end(folio.begun, pos, n, copied);
  }

  Bits size() const { return size_; }
  void set_size(const Bits& size) {
    e_.claim("The size only grows (IOM-4).", size_ < size);
    e_.claim("The size changes under the folio lock (IOM-4, WB-6).", Truth{holds_folio()});
    size_ = size;
  }
  void put_folio(Folio& folio) {
    e_.claim("A folio is put once (GPW-7).", Truth{holds_folio()});
    unlock_folio(folio.begun);
  }
  void size_extended(const Bits& from, const Bits& to) {
    e_.claim("The gap is zeroed with the folio unlocked (WB-7).", Truth{!holds_folio()});
    e_.claim("The gap lies between the former size and the write (WB-7).", from < to && to < size_);
  }
  void write_failed(const Bits& pos, const Bits& n) {
    e_.claim(
        "Exactly the range that write_end has rejected is dropped (IOM-5).",
        pos == rejected_.pos && n == rejected_.n);
  }
  void attempt_begins(const spec::IomapBody<Bits>& body) {
    SymbolicHooks::attempt_begins(body.loop);
  }
  void attempt_ends(const spec::IomapBody<Bits>& body, bool goes_on) {
    SymbolicHooks::attempt_ends(body.loop, goes_on);
  }

 private:
  struct Range {
    Bits pos, n;
  };

  Bits nowait_, size_;
  Range rejected_{0, 0};
};

/// The hooks of the outer loop.
class SymbolicMappings {
 public:
  using Mapping = spec::Mapped<Bits>;

  explicit SymbolicMappings(Explorer& e) : e_(e) {}

  Mapping begin(const Bits& pos, const Bits&) {
    const Bits room = e_.fresh("map_room", 63), source_room = e_.fresh("source_room", 63);
    e_.assume("A mapping holds the position (ITR-1).", room != 0 && source_room != 0);
    const Truth has_source = e_.fresh("has_source", 1) != 0;
    return {
        any_error(e_, "map_errno"), pos + room,
        ite(has_source, pos + source_room, Bits{spec::kNoEnd})};
  }

  spec::BodyDone<Bits> body(Mapping&, const Bits&, const Bits& length) {
    e_.claim("A body is given something to do.", length != 0);
    const Bits advanced = e_.fresh("advanced", kCountBits);
    e_.assume("A body does no more than it was given (ITR-2).", advanced <= length);
    return {advanced, any_error(e_, "body_errno"), e_.fresh("body_stale", 1)};
  }

  Bits end(Mapping&, const Bits&, const Bits&, const Bits&) { return any_error(e_, "end_errno"); }
  void iteration_begins(const spec::IomapState<Bits>&) {}
  void iteration_ends(const spec::IomapState<Bits>&, bool) {}

 private:
  Explorer& e_;
};

}  // namespace quire::proofs
