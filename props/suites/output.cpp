#include "props/suites/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>

namespace quire::props {
namespace {

[[noreturn]] void lost() {
  throw OutputLost(std::string("standard output cannot be written: ") + std::strerror(errno));
}

}  // namespace

void put(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) lost();
}

void flush_output() {
  errno = EIO;  // an earlier error has lost its cause
  if (!std::cout.flush() || std::fflush(stdout) != 0 || std::ferror(stdout) != 0) lost();
}

}  // namespace quire::props
