// The promises for the index over delayed extents, when two are joined and when one is cut (ACC-2),
// over a word type. Blocks.
#pragma once

#include "spec/word.h"

namespace quire::ref::xfs {

/// Of the promises of two extents that are joined, those that the joined one keeps. worst: what its
/// index may need.
template <spec::Word W>
W joined_index(const W& promised, const W& worst) {
  return spec::min(promised, worst);
}

/// The promises of an extent of which the middle has been cut out.
template <class W>
struct CutIndex {
  W left;        ///< kept by the part before the cut
  W right;       ///< and by the part behind it
  W taken_over;  ///< blocks of the middle that are index promises now
  W freed;       ///< promises that are not needed any more
};

/// Takes one promise from the part that has more.
template <spec::Word W>
void take_one_from_larger(CutIndex<W>& cut) {
  using spec::ite;
  const auto right_has_more = cut.left < cut.right;
  cut.left = cut.left - ite(right_has_more, W{0}, W{1});
  cut.right = cut.right - ite(right_has_more, W{1}, W{0});
}

/// Shrinks both parts, the larger one first, until they need no more than `have` promises.
template <spec::Word W>
void shrink_to(CutIndex<W>& cut, const W& have) {
  while (have < cut.left + cut.right) take_one_from_larger(cut);
}

/// promised: for the whole. left_worst, right_worst: what each part needs; 0 for none. spare: how
/// many blocks of the middle may become promises, if too few are there. share(cut, have):
/// shrink_to().
template <spec::Word W, class Share>
CutIndex<W> cut_index(
    const W& promised, const W& left_worst, const W& right_worst, const W& spare, Share share) {
  const W want = left_worst + right_worst;
  CutIndex<W> cut{
      left_worst, right_worst, spec::min(want - spec::min(want, promised), spare), W{0}};
  const W have = promised + cut.taken_over;
  share(cut, have);
  cut.freed = have - cut.left - cut.right;
  return cut;
}

}  // namespace quire::ref::xfs
