// Output that is not lost in silence: a report that cannot be written is an error.
#pragma once

#include <stdexcept>
#include <string_view>

namespace quire::props {

/// What a run found could not be written. what() names the file, or standard output, and the cause.
struct OutputLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Writes to standard output; when it reaches the file is up to the C library. Throws OutputLost.
void put(std::string_view text);

/// Makes all that was written to standard output reach it, by whatever library. Throws OutputLost.
void flush_output();

}  // namespace quire::props
