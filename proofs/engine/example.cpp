// Values for the words of one path, for the vectors.
#include "proofs/engine/ends.h"
#include "proofs/engine/explore.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace quire::proofs {

z3::model Explorer::example(const std::vector<Wish>& wishes) {
  // The fastest solver of Z3 when a few facts are added to many, again and again.
  z3::solver solver{c_, z3::solver::simple()};
  session_.give_facts(solver);
  const auto possible = [&] {
    const z3::check_result answer = solver.check();
    if (answer == z3::unknown) throw std::logic_error{"Z3 finds no example"};
    return answer == z3::sat;
  };
  if (!possible()) throw PathInfeasible{};
  z3::model m = solver.get_model();
  // Whether the wish is possible together with those before it; if so it is a fact from here on.
  const auto granted = [&](const z3::expr& wish) {
    if (!m.eval(wish, true).is_true()) {
      solver.push();
      solver.add(wish);
      const bool can_be = possible();
      if (can_be) m = solver.get_model();
      solver.pop();
      if (!can_be) return false;
    }
    solver.add(wish);
    return true;
  };
  for (const Wish& wish : wishes) {
    std::ranges::any_of(wish, [&](const Truth& way) { return granted(way.expr(c_)); });
  }
  for (const auto& input : inputs_) {
    const Bits& word = input.second;
    std::uint64_t least = 0;
    if (const std::uint64_t now = value_of(m, word); now != 0 && !granted((word < now).expr(c_))) {
      least = now;
    }
    for (std::uint64_t most; least < (most = value_of(m, word));) {
      const std::uint64_t middle = least + (most - least) / 2;
      if (!granted((word <= middle).expr(c_))) least = middle + 1;
    }
    granted((word == least).expr(c_));
  }
  return m;
}

}  // namespace quire::proofs
