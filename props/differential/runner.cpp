#include "props/differential/runner.h"

namespace quire::props {

std::optional<Failure> DifferentialRunner::run(const Case& checked) {
  const auto comparison = compare(checked, waits_);
  for (std::size_t i = 0; i < checked.commands.size(); ++i) {
    ++commands_;
    comparison->step(i, checked.commands[i]);
    if (auto found = comparison->failure()) return found;
  }
  comparison->finish();
  return comparison->failure();
}

}  // namespace quire::props
