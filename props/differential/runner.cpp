#include "props/differential/runner.h"

#include "props/watchdog/journal.h"

namespace quire::props {

std::optional<Failure> DifferentialRunner::run(const Case& checked) {
  const auto comparison = compare(checked, waits_);
  for (std::size_t i = 0; i < checked.commands.size(); ++i) {
    ++commands_;
    journal_command(i);
    comparison->step(i, checked.commands[i]);
    if (auto found = comparison->failure()) return found;
  }
  journal_beat();
  comparison->finish();
  return comparison->failure();
}

}  // namespace quire::props
