// The write loop of libquire: one trip locks and fills several folios, copies across them and
// completes them together.
//
// A template over its hooks, whose word may be symbolic: proofs/ runs this text as it stands. Where
// it differs from the plain loop (ref/write_loop.h): fault-in comes before the folios are locked,
// as in iomap's loop (section 3.2, step 3), since a copy in user space cannot forbid page faults;
// and a trip spans up to Hooks::kTripFolios folios.
#pragma once

#include "spec/hooks.h"

#include <boost/container/static_vector.hpp>

#include <cerrno>

namespace quire::impl {

/// The part of a trip that lies in one folio.
template <class Folio, class W>
struct Part {
  Folio folio;
  W pos;     ///< byte of the file
  W length;  ///< bytes prepared
  W copied;  ///< bytes that arrived
};

/// One trip: one pass of the loop. Returns whether another one follows; if not, loop.status holds
/// the error, or 0 when all is written.
template <spec::Word W, spec::WriteHooks<W> Hooks>
bool trip(spec::LoopState<W>& loop, Hooks& hooks) {
  using spec::ite, spec::is_error, spec::max, spec::min, spec::rsh;
  using TripPart = Part<typename Hooks::Folio, W>;

  const W want = spec::next_want(loop, hooks.iter().left);
  hooks.throttle();
  if (hooks.fault_in(want) == want) {
    loop.status = spec::error(EFAULT);
    return false;
  }
  if (hooks.fatal_signal()) {
    loop.status = spec::error(EINTR);
    return false;
  }

  boost::container::static_vector<TripPart, Hooks::kTripFolios> parts;
  W prepared{0};
  while (parts.size() < parts.capacity()) {
    const W pos = loop.pos + prepared;
    auto folio = hooks.write_begin(pos, want - prepared);
    if (folio.error != 0) {
      loop.status = folio.error;
      break;
    }
    const W length = min(want - prepared, folio.end - pos);
    parts.push_back({std::move(folio), pos, length, W{0}});
    prepared = prepared + length;
    // A retry is of one folio, as in ref: what lies behind it is asked for afresh.
    if (prepared == want || loop.retry != 0) break;
  }
  // What stopped the gathering behind the first folio is met again by the next trip, at its own
  // position.
  if (parts.empty()) return false;

  W copied{0};
  for (TripPart& part : parts) {
    part.copied = hooks.copy(part.folio, part.pos, part.length);
    copied = copied + part.copied;
    if (part.copied != part.length) break;
  }

  // Ascending; once a folio has not taken all of its part, nothing behind it may count.
  W accepted{0};
  spec::TruthOf<W> whole{true};
  for (TripPart& part : parts) {
    const W arrived = ite(whole, part.copied, W{0});
    const W status = hooks.write_end(part.folio, part.pos, part.length, arrived);
    const auto failed = is_error(status);
    // A folio behind the first that fails is the first of the next trip, and fails that.
    if (&part == &parts.front()) loop.status = ite(failed, status, W{0});
    accepted = accepted + ite(failed, W{0}, status);
    whole = whole && status == part.length;
  }

  if (copied != accepted) hooks.revert(copied - accepted);
  if (loop.status != 0) return false;
  if (accepted == 0) {
    loop.chunk = max(rsh(loop.chunk, W{1}), W{spec::kPageSize});
    loop.retry = copied;
    return true;
  }
  loop.pos = loop.pos + accepted;
  loop.written = loop.written + accepted;
  loop.retry = W{0};
  if (hooks.iter().left == 0) return false;
  return true;
}

/// Runs trips from `pos` until the iterator is empty or an error ends them. Returns the bytes
/// accepted if there are any, else the error (GPW-2). `loop` is left in its last state.
template <spec::Word W, spec::WriteHooks<W> Hooks>
W perform_write(spec::LoopState<W>& loop, Hooks& hooks, const W& pos) {
  loop = {pos, W{spec::kFolioSizeMax}, W{0}, W{0}, W{0}};
  bool goes_on = true;
  while (goes_on) {
    hooks.attempt_begins(loop);
    goes_on = trip(loop, hooks);
    hooks.attempt_ends(loop, goes_on);
  }
  using spec::ite;
  return ite(loop.written != 0, loop.written, loop.status);
}

}  // namespace quire::impl
