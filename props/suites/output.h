// Standard output that reports a failed write as an error.
#pragma once

#include <stdexcept>
#include <string_view>

namespace quire::props {

/// The report could not be written. what() names the file, or standard output, and the cause.
struct OutputLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Writes to standard output, which is buffered. Throws OutputLost.
void put(std::string_view text);

/// Flushes standard output, of the C and of the C++ library. Throws OutputLost.
void flush_output();

}  // namespace quire::props
