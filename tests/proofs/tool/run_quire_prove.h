// quire-prove on small obligations, and its output.
#pragma once

#include "proofs/tool/command.h"

#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::tests {

using proofs::Bits;
using proofs::Explorer;
using proofs::Obligation;

inline Obligation obligation(const std::string& name, std::function<void(Explorer&)> body) {
  return {.name = name, .tag = "T-1", .subject = "ref", .says = name + " says so.", .body = body};
}

inline const Obligation kTrue = obligation("ref.true", [](Explorer& e) {
  Bits x = e.fresh("x");
  e.assume("x is below 10.", x < 10);
  if (e.broken("adds one")) x = x + 1;
  e.claim("x is below 10.", x < 10);
});
inline const Obligation kFalse = obligation("ref.false", [](Explorer& e) {
  const Bits x = e.fresh("x");
  e.assume("x is not far below 0.", ~x < 14);
  e.claim("x is not -14.", x != Bits{~std::uint64_t{13}});
});
inline const Obligation kBounded{
    .name = "ref.bounded",
    .tag = "T-2",
    .subject = "ref",
    .says = "It is below.",
    .bound = "numbers below 10",
    .body = [](Explorer& e) {
      Bits x = e.fresh("x");
      e.assume("x is below 10 (T-2).", x < 10);
      e.assume("y is below 10 (T-2).", e.fresh("y") < 10);
      if (e.broken("adds one")) x = x + 1;
      e.claim("x is below.", x < 10);
    }};
inline const Obligation kVacuous =
    obligation("ref.vacuous", [](Explorer& e) { e.assume("Nothing is so.", false); });
inline const Obligation kThrows =
    obligation("ref.throws", [](Explorer&) { throw std::logic_error{"!"}; });

struct Ran {
  int exit;
  std::string out;
  std::string err;
};

inline Ran run(
    const std::vector<std::string>& arguments, const std::vector<Obligation>& obligations,
    bool terminal = false) {
  std::ostringstream out, err;
  const int exit = proofs::prove_command(arguments, obligations, {out, err, terminal, terminal});
  return {exit, out.str(), err.str()};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace quire::tests
