// A clause: one sentence of the model, where it comes from, and the formula it stands for.
#pragma once

namespace quire::spec {

struct ClauseText {
  const char* operation;  ///< what it constrains: "write_loop", "iov_iter", ...
  const char* name;       ///< what holds, in snake_case, unique within the operation
  const char* says;       ///< the sentence
  const char* source;     ///< the rule's tag (spec/README.md lists them), or a manual section
};

template <class Formula>
struct Clause {
  ClauseText text;
  Formula holds;
};

/// Pairs a text with its formula. The formula is `[]<class W>(const Record<W>&)`: over
/// std::uint64_t it answers bool, over proofs::Bits a Z3 Boolean.
template <class Formula>
constexpr Clause<Formula> clause(ClauseText text, Formula holds) {
  return {text, holds};
}

}  // namespace quire::spec
