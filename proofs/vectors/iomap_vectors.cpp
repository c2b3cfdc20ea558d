// The vectors of iomap's loops. Their hooks are in spec/vectors/iomap.h.
#include "proofs/vectors/vector_subject.h"
#include "ref/cache/accept.h"
#include "ref/linux/iomap/iter.h"
#include "ref/linux/iomap/write_iter.h"
#include "spec/vectors/iomap.h"

namespace quire::proofs {
namespace {

using Hooks = spec::IomapVectorHooks<Bits, OpenWords>;

Bits word_of(bool goes_on) { return goes_on ? 1 : 0; }

/// One pass of the body of a write, from any state.
spec::Observed<Bits> attempt(OpenWords& source) {
  const auto start = spec::into_a_file(source, spec::between_attempts<Bits>(source));
  spec::IomapBody<Bits> body = spec::within_a_mapping(source, start.write.loop);
  Hooks hooks(source, start, ref::accept<Bits>);
  hooks.attempt_begins(body);
  const bool goes_on = ref::iomap::write_attempt<Bits>(body, hooks);
  hooks.attempt_ends(body, goes_on);
  return {spec::fields_of<Bits>(body), hooks.iter().left, word_of(goes_on)};
}

/// One iteration of the outer loop, from any state, whatever its body does.
spec::Observed<Bits> iteration(OpenWords& source) {
  using Body = spec::OutcomeBody<Bits, OpenWords>;
  spec::IomapState<Bits> iter = spec::between_iterations<Bits>(source);
  spec::MappingVectorHooks<Bits, OpenWords, Body> hooks(source, Body{source});
  hooks.iteration_begins(iter);
  const bool goes_on = ref::iomap::iterate_once<Bits>(iter, hooks);
  hooks.iteration_ends(iter, goes_on);
  return {spec::fields_of<Bits>(iter), iter.left, word_of(goes_on)};
}

/// A whole write: the outer loop around the body.
spec::Observed<Bits> call(OpenWords& source) {
  const auto start = spec::into_a_file(source, spec::before_a_call<Bits>(source));
  const auto chunk_max = spec::chunk_max<Bits>(source);
  const Bits& pos = start.write.loop.pos;
  Hooks hooks(source, start, ref::accept<Bits>);
  const auto body = [&](const Bits& from, const Bits& length) {
    return ref::iomap::write_iter<Bits>(hooks, from, from + length, chunk_max);
  };
  spec::MappingVectorHooks<Bits, OpenWords, decltype(body)> mappings(source, body);
  const auto last = ref::iomap::iterate<Bits>(mappings, pos, start.write.total);
  const Bits answer = ref::iomap::answer<Bits>(last, pos);
  return {spec::fields_of<Bits>(last), hooks.iter().left, answer};
}

using Known = std::map<std::string, std::uint64_t>;

/// From one state, far from the end of its window, of a write that must not wait.
Known from_one_state(Known more) {
  more.insert({{"start", 5000}, {"total", 10'007}, {"written", 777}, {"nowait", 1}});
  return more;
}

}  // namespace

/// Every path of an attempt by its ifs, and from two states also by its choices: a retry up to the
/// file's end, and a first attempt from there on. Every path of an iteration by both. Every path of
/// a call in up to two attempts, under as many mappings as it takes, past the end of a file without
/// sources.
std::vector<VectorSubject> iomap_subjects() {
  const Known a_retry{{"retry", 1013}, {"chunk_order", 0}, {"size", 5777 + 1013}};
  const Known afresh{{"retry", 0}, {"size", 5777}};
  const Known a_call{{"start", 5000},    {"total", 10'007}, {"nowait", 1},     {"size", 3001},
                     {"chunk_order", 1}, {"has_source", 0}, {"source_room", 1}};
  return {
      {"ref.iomap_attempt", 1, 0, attempt},
      {"ref.iomap_attempt", 1, 0, attempt, true, from_one_state(a_retry)},
      {"ref.iomap_attempt", 1, 0, attempt, true, from_one_state(afresh)},
      {"ref.iomap_iteration", 1, 0, iteration, true},
      {"ref.iomap_call", 1, 2, call, false, a_call}};
}

}  // namespace quire::proofs
