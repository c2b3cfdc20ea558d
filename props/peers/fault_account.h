// What faults have left behind on the files of a case: errors that are owed, and bytes that are
// lost.
#pragma once

#include "props/differential/error_ledger.h"
#include "props/differential/file_model.h"
#include "props/peers/files.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace quire::props {

/// The checker's own account, of one side of a case. It never looks at the files.
///
/// A block whose write failed is clean, and reads as it was written last while it is cached
/// (WBK-3). Once it is dropped it reads as it lies on the device: by an earlier write, or not yet
/// written. Whichever it is, the file has held that byte there since it was last known to be on the
/// device as a whole.
class FaultAccount {
 public:
  using Number = std::uint64_t;

  /// A handle of a file, and of the volume's own word of errors, which syncfs reports.
  void opened(Handle h);

  /// Writeback of the file has failed with this negative errno: surely, or perhaps.
  void met(Number file, int error);
  void may_have_met(Number file, int error);
  /// The same of the volume's word alone.
  void volume_met(int error) { errors_.met(kVolume, error); }

  /// Whether the handle's next fsync may report an error.
  bool owes(Handle h);
  /// The error that its next fsync, or syncfs, has to report; 0: none for sure.
  int owed(Handle h) { return errors_.owed(h.file, h.number).last; }
  int owed_of_volume(Handle h) { return errors_.owed(kVolume, cursor_of(h)).last; }
  /// Whether its fsync, or syncfs, may answer so; `otherwise` where it owes nothing. Then it has
  /// reported what it owed.
  bool fsync_answers(Handle h, int answer, int otherwise);
  bool syncfs_answers(Handle h, int answer, int otherwise);

  /// The file holds these bytes now.
  void holds(Number file, const FileModel& model) { files_[file].held.push_back(model); }
  /// And all of them are on the device.
  void is_on_device(Number file, const FileModel& model);
  /// Whether all are for sure: nothing was done to it since.
  bool may_be_dirty(Number file) { return files_[file].held.size() != 1; }

  /// Writes of its blocks have failed.
  void lost(Number file) { files_[file].is_lost = true; }
  /// All of its bytes were written anew, and are dirty.
  void rewritten(Number file) { files_[file].is_lost = false; }
  bool is_lost(Number file) { return files_[file].is_lost; }
  /// Whether byte `pos` may read so once it is dropped from the cache.
  bool may_lie_there(Number file, Number pos, std::byte got) const;

 private:
  /// No file has this number.
  static constexpr Number kVolume = ~Number{0};
  static Number cursor_of(Handle h) { return h.file * (Handle::kObserver + 1) + h.number; }

  struct File {
    std::vector<FileModel> held;  ///< after each command, since it was on the device as a whole
    bool is_lost = false;
  };

  ErrorLedger errors_;
  std::map<Number, File> files_;
};

}  // namespace quire::props
