// The command line of quire-prove.
#pragma once

#include "proofs/obligations/obligation.h"

#include <ostream>
#include <string>
#include <vector>

namespace quire::proofs {

/// The output of a command. Colours and the progress line are for terminals only.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

/// Runs quire-prove with `arguments` (without its name) on `obligations`. Returns the exit code:
/// 0 all proven; 1 some refuted, or a control failed; 2 bad usage, with a message on `err`; 3 no
/// cvc5; 4 some undecided and none refuted; 5 `out` or a file could not be written, with a message
/// on `err`.
int prove_command(
    const std::vector<std::string>& arguments, const std::vector<Obligation>& obligations,
    const Console& console);

}  // namespace quire::proofs
