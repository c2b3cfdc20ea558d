// The vectors of the write loops of ref/ and impl/. Their hooks are in spec/vectors/vectors.h.
#include "impl/file/accept.h"
#include "impl/file/write_loop.h"
#include "proofs/vectors/vector_subject.h"
#include "ref/cache/accept.h"
#include "ref/plain/write_loop.h"
#include "spec/geometry.h"

#include <utility>

namespace quire::proofs {
namespace {

template <std::size_t folios, class Pass>
spec::Observed<Bits> one_pass(OpenWords& source, spec::Accept<Bits> accept, Pass pass) {
  const auto start = spec::between_attempts<Bits>(source);
  spec::VectorHooks<Bits, OpenWords, folios> hooks(source, start, accept);
  spec::LoopState<Bits> loop = start.loop;
  hooks.attempt_begins(loop);
  const bool goes_on = pass(loop, hooks);
  return {spec::fields_of<Bits>(loop), hooks.iter().left, Bits{goes_on ? 1u : 0u}};
}

template <std::size_t folios, class Call>
spec::Observed<Bits> whole_call(OpenWords& source, spec::Accept<Bits> accept, Call call) {
  const auto start = spec::before_a_call<Bits>(source);
  spec::VectorHooks<Bits, OpenWords, folios> hooks(source, start, accept);
  spec::LoopState<Bits> last = start.loop;
  const Bits answer = call(last, hooks, start.loop.pos);
  return {spec::fields_of<Bits>(last), hooks.iter().left, answer};
}

VectorSubject ref_attempt() {
  return {"ref.attempt", 1, 0, [](OpenWords& source) {
            return one_pass<1>(source, ref::accept<Bits>, [](auto& loop, auto& hooks) {
              return ref::attempt<Bits>(loop, hooks);
            });
          }};
}

template <std::size_t folios>
VectorSubject impl_batch() {
  return {"impl.batch", folios, 0, [](OpenWords& source) {
            return one_pass<folios>(source, impl::accept<Bits>, [](auto& loop, auto& hooks) {
              return impl::write_batch<Bits>(loop, hooks);
            });
          }};
}

VectorSubject ref_call(unsigned attempts) {
  return {"ref.call", 1, attempts, [](OpenWords& source) {
            return whole_call<1>(
                source, ref::accept<Bits>, [](auto& last, auto& hooks, const Bits& pos) {
                  return ref::generic_perform_write<Bits>(hooks, pos, last);
                });
          }};
}

template <std::size_t folios>
VectorSubject impl_call(unsigned attempts) {
  return {"impl.call", folios, attempts, [](OpenWords& source) {
            return whole_call<folios>(
                source, impl::accept<Bits>, [](auto& last, auto& hooks, const Bits& pos) {
                  return impl::perform_write<Bits>(last, hooks, pos);
                });
          }};
}

/// From one state, far from the end of its window. The start adds only one path: a retry ends with
/// its first folio.
VectorSubject from_one_state(VectorSubject subject, std::uint64_t retry) {
  subject.known = {
      {"start", 5000}, {"total", 10'007}, {"written", 777}, {"retry", retry}, {"chunk_order", 2}};
  return subject;
}

/// A call of two pages.
VectorSubject of_two_pages(VectorSubject subject) {
  subject.known = {{"start", 2 * spec::kPageSize}, {"total", 2 * spec::kPageSize}};
  return subject;
}

/// Calls under conditions that a test can make with a real file (props/vectors/real_case.h), over
/// one page, two and three, whole and in part; every choice both ways.
std::vector<VectorSubject> of_a_file(VectorSubject subject) {
  constexpr std::uint64_t kPage = spec::kPageSize, kInAPage = 5000;
  subject.world = World::real;
  subject.forks_at_choices = true;
  std::vector<VectorSubject> calls;
  for (const auto& [start, total] :
       {std::pair{2 * kPage, kPage},
        {2 * kPage, 2 * kPage},
        {2 * kPage, 3 * kPage},
        {kInAPage, std::uint64_t{2003}},
        {kInAPage, std::uint64_t{5003}},
        {kInAPage, std::uint64_t{10'007}}}) {
    subject.known = {{"start", start}, {"total", total}, {"signal", 0}, {"end_errno", 0}};
    calls.push_back(subject);
  }
  return calls;
}

/// A call over two pages of a file, from memory that becomes unreadable and readable again.
VectorSubject from_moving_memory(VectorSubject subject) {
  constexpr std::uint64_t kTwo = 2 * spec::kPageSize;
  subject.world = World::file;
  subject.known = {
      {"start", kTwo}, {"total", kTwo}, {"good", kTwo}, {"signal", 0}, {"end_errno", 0}};
  return subject;
}

/// The paths into a pass: nothing fails but the memory.
VectorSubject into(VectorSubject subject) {
  subject.known = {{"signal", 0}, {"begin_errno", 0}, {"end_errno", 0}, {"uptodate", 1}};
  return subject;
}

/// Every choice both ways.
VectorSubject choices(VectorSubject subject) {
  subject.forks_at_choices = true;
  return subject;
}

}  // namespace

/// Every path of each loop by its ifs. For a pass over up to two folios also the paths by its
/// choices (min, max, accept), from two starts that are not combined.
std::vector<VectorSubject> write_loop_subjects() {
  std::vector<VectorSubject> all{
      from_one_state(impl_batch<3>(), 0),
      choices(from_one_state(impl_batch<2>(), 1013)),
      choices(from_one_state(impl_batch<2>(), 0)),
      choices(into(impl_batch<1>())),
      of_two_pages(impl_call<1>(2)),
      ref_attempt(),
      choices(from_one_state(ref_attempt(), 0)),
      choices(into(ref_attempt())),
      of_two_pages(ref_call(3))};
  constexpr unsigned kCallEnds = 9;  // attempts: three pages, at most three attempts on each
  for (const VectorSubject& call : {ref_call(kCallEnds), impl_call<3>(kCallEnds)}) {
    for (VectorSubject& each : of_a_file(call)) all.push_back(std::move(each));
  }
  all.push_back(from_moving_memory(ref_call(3)));
  all.push_back(from_moving_memory(impl_call<2>(2)));
  return all;
}

}  // namespace quire::proofs
