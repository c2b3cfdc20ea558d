#include "props/peers/fault_account.h"

#include <algorithm>

namespace quire::props {

void FaultAccount::opened(Handle h) {
  errors_.opened(h.file, h.number);
  errors_.opened(kVolume, cursor_of(h));
}

void FaultAccount::met(Number file, int error) {
  errors_.met(file, error);
  errors_.met(kVolume, error);
}

void FaultAccount::may_have_met(Number file, int error) {
  errors_.may_have_met(file, error);
  errors_.may_have_met(kVolume, error);
}

bool FaultAccount::owes(Handle h) {
  const ErrorLedger::Owed& owed = errors_.owed(h.file, h.number);
  return owed.last != 0 || !owed.perhaps.empty();
}

bool FaultAccount::fsync_answers(Handle h, int answer, int otherwise) {
  return errors_.answers(h.file, h.number, answer, otherwise);
}

bool FaultAccount::syncfs_answers(Handle h, int answer, int otherwise) {
  return errors_.answers(kVolume, cursor_of(h), answer, otherwise);
}

void FaultAccount::is_on_device(Number file, const FileModel& model) {
  files_[file].held = {model};
  files_[file].is_lost = false;
}

bool FaultAccount::may_lie_there(Number file, Number pos, std::byte got) const {
  const auto at = files_.find(file);
  return at != files_.end() &&
         std::ranges::any_of(at->second.held, [&](const FileModel& m) { return m.at(pos) == got; });
}

}  // namespace quire::props
