// The hooks of iomap's two loops: the outer one of begin, body and end, and the attempts of a
// write's body.
#pragma once

#include "spec/hooks.h"
#include "spec/linux/iomap/attempt.h"
#include "spec/linux/iomap/outer_loop.h"
#include "spec/word.h"
#include "spec/write/iov_iter.h"

#include <concepts>

namespace quire::spec {

/// The end of the source where there is none.
inline constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};

/// The result of begin: an error, or the end of one mapping. A loop's hooks may derive from it to
/// carry the mapping.
template <class W>
struct Mapped {
  W error;       ///< 0, or a negative errno; then there is no mapping
  W end;         ///< first byte of the file past the mapping
  W source_end;  ///< first byte past the source that is read instead (CoW); kNoEnd if none is
};

/// The result of a body.
template <class W>
struct BodyDone {
  W advanced;  ///< bytes done, from the start of the range
  W status;    ///< 0, or the negative errno that stopped it after them
  W stale;     ///< 1: it stopped because it found the mapping stale
};

/// pos, left, length, advanced: bytes.
///
/// - begin(pos, left): a mapping that covers pos.
/// - body(mapping, pos, length): the operation on [pos, pos + length).
/// - end(mapping, pos, length, advanced): 0 or a negative errno; once for each begin that
///   succeeded.
/// - iteration_begins(state), iteration_ends(state, goes_on): before and after each iteration;
///   empty in production.
template <class H, class W>
concept IomapHooks = requires(
    H hooks, typename H::Mapping& mapping, const W w, const IomapState<W>& iter, bool goes_on) {
  requires std::derived_from<typename H::Mapping, Mapped<W>>;
  { hooks.begin(w, w) } -> std::same_as<typename H::Mapping>;
  { hooks.body(mapping, w, w) } -> std::same_as<BodyDone<W>>;
  { hooks.end(mapping, w, w, w) } -> std::same_as<W>;
  { hooks.iteration_begins(iter) } -> std::same_as<void>;
  { hooks.iteration_ends(iter, goes_on) } -> std::same_as<void>;
};

/// The result of the body's write_begin: as the write loop's, or that the mapping is stale; then
/// there is no error and no folio.
template <class W>
struct IomapBegun : Begun<W> {
  W stale;
};

/// pos, want, n, copied, accepted: bytes. `folio`: the result of write_begin.
///
/// - iter(), copy(), revert(), fault_in(): as the write loop's (WriteHooks).
/// - throttle(): 0, or EAGAIN where it would sleep and must not.
/// - write_begin(pos, want): finds or makes the folio at pos, locks it, checks that the mapping is
///   still valid, reads or zeroes the parts of blocks that the write leaves.
/// - write_end(folio, pos, n, copied): marks the blocks; copied, or 0 if it rejects the copy.
/// - size(), set_size(size): the file's; called with the folio locked.
/// - put_folio(folio): unlocks it.
/// - size_extended(from, to): the size rose past `from`, and the write left a gap [from, to).
/// - write_failed(pos, n): bytes were copied to [pos, pos + n), and rejected.
/// - attempt_begins(body), attempt_ends(body, goes_on): before and after each attempt.
template <class H, class W>
concept IomapWriteHooks = requires(
    H hooks, const H& seen, typename H::Folio& folio, const W w, const IomapBody<W>& body,
    bool goes_on) {
  requires std::derived_from<typename H::Folio, IomapBegun<W>>;
  { seen.iter() } -> std::same_as<IterState<W>>;
  { hooks.throttle() } -> std::same_as<W>;
  { hooks.fault_in(w) } -> std::same_as<W>;
  { hooks.write_begin(w, w) } -> std::same_as<typename H::Folio>;
  { hooks.copy(folio, w, w) } -> std::same_as<W>;
  { hooks.write_end(folio, w, w, w) } -> std::same_as<W>;
  { seen.size() } -> std::same_as<W>;
  { hooks.set_size(w) } -> std::same_as<void>;
  { hooks.put_folio(folio) } -> std::same_as<void>;
  { hooks.size_extended(w, w) } -> std::same_as<void>;
  { hooks.write_failed(w, w) } -> std::same_as<void>;
  { hooks.revert(w) } -> std::same_as<void>;
  { hooks.attempt_begins(body) } -> std::same_as<void>;
  { hooks.attempt_ends(body, goes_on) } -> std::same_as<void>;
};

}  // namespace quire::spec
