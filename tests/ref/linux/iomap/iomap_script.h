// Scripted surroundings of iomap's two loops: mappings, folios, memory and faults as a test wants
// them.
#pragma once

#include "ref/linux/iomap/write_iter.h"
#include "tests/ref/contents.h"
#include "tests/ref/judge.h"
#include "tests/ref/strict_word.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace quire::tests {

inline constexpr Number kNever = std::numeric_limits<Number>::max();

/// The behaviour of the environment. Source bytes are counted from the start of the call; attempts
/// and iterations from 0.
struct Script {
  Number total = 0;               ///< bytes of the source
  Number mapping_size = 1 << 20;  ///< bytes; mappings are aligned to it
  Number source_size = 1 << 20;   ///< bytes; sources are aligned to it
  Number folio_size = kPage;      ///< bytes; folios are aligned to it
  bool uptodate = false;          ///< whether folios accept short copies
  Number resident = kNever;       ///< source bytes that a copy reaches
  Number readable = kNever;       ///< source bytes that faulting in says it can reach
  Number begin_fails = kNever;    ///< iteration whose begin says ENOSPC
  Number end_fails = kNever;      ///< iteration whose end says EIO
  Number folio_fails = kNever;    ///< attempt whose write_begin says ENOMEM
  Number would_wait = kNever;     ///< attempt whose throttle says EAGAIN
  Number stale = kNever;          ///< attempt that finds its mapping out of date
};

template <spec::Word W>
class ScriptedBody {
 public:
  using Folio = spec::IomapBegun<W>;

  ScriptedBody(const Script& script, Number size) : script_(script), size_(size) {}

  spec::IterState<W> iter() const {
    return {W{script_.total - place_}, W{place_}, W{script_.total - place_}};
  }
  W throttle() {
    EXPECT_FALSE(locked_) << "throttled under a folio lock";
    return W{attempts_ == script_.would_wait ? spec::error(EAGAIN) : 0};
  }
  W fault_in(const W& n) {
    EXPECT_FALSE(locked_) << "faults in under a folio lock";
    const Number wanted = place_ + number_of(n);
    return W{wanted - std::max(place_, std::min(wanted, script_.readable))};
  }
  Folio write_begin(const W& pos, const W&) {
    EXPECT_FALSE(std::exchange(locked_, true)) << "write_begin under a folio lock";
    const bool fails = attempts_ == script_.folio_fails;
    const bool stale = !fails && attempts_ == script_.stale;
    if (fails || stale) locked_ = false;
    const W start = spec::round_down(pos, W{script_.folio_size});
    Folio folio{{W{fails ? spec::error(ENOMEM) : 0}, start, start + script_.folio_size}, W{stale}};
    return folio;
  }
  W copy(Folio&, const W&, const W& n) {
    EXPECT_TRUE(locked_);
    const Number here = place_;
    place_ = std::max(place_, std::min(place_ + number_of(n), script_.resident));
    return W{place_ - here};
  }
  W write_end(Folio&, const W&, const W& n, const W& copied) {
    return !script_.uptodate && number_of(copied) < number_of(n) ? W{0} : copied;
  }
  W size() const { return W{size_}; }
  void set_size(const W& size) {
    EXPECT_TRUE(locked_) << "the size moves without the folio's lock";
    EXPECT_LT(size_, number_of(size));
    size_ = number_of(size);
  }
  void put_folio(Folio&) { EXPECT_TRUE(std::exchange(locked_, false)) << "unlocked twice"; }
  void size_extended(const W& from, const W& to) {
    EXPECT_FALSE(locked_);
    EXPECT_LT(number_of(from), number_of(to));
    ++gaps;
  }
  void write_failed(const W&, const W&) {
    EXPECT_FALSE(locked_);
    ++failures;
  }
  void revert(const W& n) { place_ -= number_of(n); }
  void attempt_begins(const spec::IomapBody<W>&) {}
  void attempt_ends(const spec::IomapBody<W>&, bool) {
    EXPECT_FALSE(locked_) << "an attempt ends under a folio lock";
    ++attempts_;
    EXPECT_LT(attempts_, 20'000u) << "the loop does not come to its end";
    if (attempts_ == 20'000u) script_.folio_fails = attempts_;
  }

  Number gaps = 0;
  Number failures = 0;

 private:
  Script script_;
  Number size_;
  Number place_ = 0;
  Number attempts_ = 0;
  bool locked_ = false;
};

/// The outer loop around a body.
template <spec::Word W, class Body>
class ScriptedIterations {
 public:
  using Mapping = spec::Mapped<W>;

  ScriptedIterations(const Script& script, Body& body, W chunk_max)
      : script_(script), body_(body), chunk_max_(chunk_max) {}

  Mapping begin(const W& pos, const W&) {
    const bool fails = iterations_ == script_.begin_fails;
    open_ += fails ? 0 : 1;
    const auto end = [&](Number size) { return spec::round_down(pos, W{size}) + size; };
    return {
        W{fails ? spec::error(ENOSPC) : 0}, end(script_.mapping_size), end(script_.source_size)};
  }
  spec::BodyDone<W> body(Mapping&, const W& pos, const W& length) {
    return ref::iomap::write_iter<W>(body_, pos, pos + length, chunk_max_);
  }
  W end(Mapping&, const W&, const W&, const W&) {
    EXPECT_EQ(open_--, 1u);
    return W{iterations_ == script_.end_fails ? spec::error(EIO) : 0};
  }
  void iteration_begins(const spec::IomapState<W>&) { EXPECT_EQ(open_, 0u); }
  void iteration_ends(const spec::IomapState<W>&, bool) {
    EXPECT_EQ(open_, 0u) << "a mapping stays begun";
    ++iterations_;
  }

 private:
  Script script_;
  Body& body_;
  W chunk_max_;
  Number iterations_ = 0;
  Number open_ = 0;
};

}  // namespace quire::tests
