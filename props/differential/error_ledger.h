// The errors that each handle of a case has still to report, counted from the device's answers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

namespace quire::props {

/// The checker's own account of errseq, made without a look at the code's: an error is of a file,
/// goes once to each handle that is open, and to later handles while none has reported it (ES-1 to
/// ES-5). Errors are negative errnos.
class ErrorLedger {
 public:
  using Number = std::uint64_t;

  /// The error that a handle has to report: the last one, or 0. `perhaps`: those of which it cannot
  /// be known which of two files they are of.
  struct Owed {
    int last = 0;
    std::set<int> perhaps;
    bool from_before_open = false;  ///< `last` was met before the handle was opened
  };

  void opened(Number file, Number handle) {
    File& f = files_[file];
    f.handles[handle] = f.unseen;
    f.handles[handle].from_before_open = f.unseen.last != 0;
  }
  /// The file's data reached the device, and its cache may hold it.
  void arrived(Number file) { files_[file].unflushed = true; }
  /// A write of its data has failed for good.
  void met(Number file, int error) {
    File& f = files_[file];
    f.unseen.last = error;
    for (auto& [number, owed] : f.handles) {
      owed.last = error;
      owed.from_before_open = false;
    }
  }
  void may_have_met(Number file, int error) {
    File& f = files_[file];
    f.unseen.perhaps.insert(error);
    for (auto& [number, owed] : f.handles) owed.perhaps.insert(error);
  }
  /// A flush has answered; of_files: whether its error is one of each file with unflushed data.
  void flushed(int error, bool of_files) {
    for (auto& [number, f] : files_) {
      if (error == 0) {
        f.unflushed = false;
      } else if (f.unflushed && of_files) {
        met(number, error);
      }
    }
  }

  /// Whether the handle's fsync may answer so; `otherwise` where it has no error to report. Then it
  /// has reported what it had.
  bool answers(Number file, Number handle, int answer, int otherwise) {
    File& f = files_[file];
    Owed& owed = f.handles[handle];
    const int wanted = owed.last != 0 ? owed.last : otherwise;
    const bool good = answer == wanted || owed.perhaps.contains(answer);
    if (owed.last != 0 || owed.perhaps.contains(answer)) f.unseen = {};
    // A handle that had the chance and reported nothing: there was no such error.
    if (answer == 0) f.unseen.perhaps.clear();
    owed = {};
    return good;
  }

  const Owed& owed(Number file, Number handle) { return files_[file].handles[handle]; }

 private:
  struct File {
    bool unflushed = false;
    Owed unseen;                     ///< errors that no handle has reported
    std::map<Number, Owed> handles;  ///< by number, those that were opened
  };

  std::map<Number, File> files_;
};

}  // namespace quire::props
