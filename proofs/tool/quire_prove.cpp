// The program quire-prove: the command line on all of quire's obligations.
#include "proofs/obligations/obligations.h"
#include "proofs/tool/command.h"

#include <unistd.h>

#include <iostream>

int main(int argc, char** argv) {
  using namespace quire::proofs;
  return prove_command(
      {argv + 1, argv + argc}, all_obligations(),
      {.out = std::cout,
       .err = std::cerr,
       .out_is_terminal = isatty(STDOUT_FILENO) != 0,
       .err_is_terminal = isatty(STDERR_FILENO) != 0});
}
