// The command line of quire-prove.
#pragma once

#include "proofs/obligations/obligation.h"

#include <ostream>
#include <string>
#include <vector>

namespace quire::proofs {

/// Where a command speaks. Colours and the progress line are for terminals only.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
};

/// Does what `arguments` (without the program's name) ask, about `obligations`. Returns the exit
/// code: 0 all proven, 1 some refuted, or a control failed; 2 bad usage, said on `err`; 4 some
/// undecided and none refuted; 5 `out` or a file could not be written, said on `err`.
int prove_command(
    const std::vector<std::string>& arguments, const std::vector<Obligation>& obligations,
    const Console& console);

}  // namespace quire::proofs
