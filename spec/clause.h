// A clause: one rule of the model as a sentence, a source and a formula.
#pragma once

namespace quire::spec {

struct ClauseText {
  const char* operation;  ///< the operation that it constrains: "write_loop", "iov_iter", ...
  const char* name;       ///< the rule in a few words, snake_case, unique within the operation
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
