// The write loop with a recorder, which receives each attempt and the call.
#pragma once

#include "ref/plain/write_loop.h"
#include "ref/user_memory/iov_iter.h"
#include "spec/recorder.h"
#include "spec/tapped.h"

#include <cstdint>

namespace quire::ref {

/// Runs generic_perform_write() from byte `pos` of the file on. hooks: take their bytes from
/// `iter`. recorder: may be null. Returns the bytes written, or a negative errno if none was.
template <class Hooks>
std::int64_t recorded_write_loop(
    Hooks& hooks, const IovIter& iter, std::uint64_t pos, spec::Recorder* recorder) {
  using Number = std::uint64_t;
  spec::LoopState<Number> last{};
  if (recorder == nullptr) {
    return static_cast<std::int64_t>(generic_perform_write<Number>(hooks, pos, last));
  }
  const Number total = iter.left();
  spec::Tapped<Number, Hooks, spec::Recorder> tapped(hooks, *recorder);
  const Number result = generic_perform_write<Number>(tapped, pos, last);
  const Number position = pos + (spec::is_error(result) ? 0 : result);
  recorder->loop_call({pos, total, last, iter.left(), result, position});
  return static_cast<std::int64_t>(result);
}

}  // namespace quire::ref
