// The audit of a volume of libquire, in its recorded build.
#pragma once

#include "spec/recorder.h"

#include <quire/volume.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace quire::props {

/// Walks the structures of one volume between two calls, counts anew what they count, and reports
/// the records of spec/write/audit.h and volume_audit.h, and Books. It shares no code with what it
/// audits. No other thread may use the volume meanwhile.
class ImplAudit {
 public:
  using Number = std::uint64_t;

  explicit ImplAudit(spec::Recorder& recorder) : recorder_(recorder) {}

  /// After calls on the files `touched`. handles: open ones, by the number of their file.
  /// memory_bytes: allocated for folios. cut: the file that a truncate has just shrunk.
  void run(
      const Volume& volume, const std::map<std::pair<Number, Number>, File>& handles,
      Number memory_bytes, const std::set<Number>& touched, std::optional<Number> cut = {});

 private:
  class Walk;

  spec::Recorder& recorder_;
  std::vector<Number> dirty_files_;  // as they were listed after the call before
};

/// Whether the list of dirty files was changed in another way than calls on the files `touched`
/// may: the others keep their order, and none but these turns dirty and goes to the end.
bool order_is_broken(
    const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& after,
    const std::set<std::uint64_t>& touched);

}  // namespace quire::props
