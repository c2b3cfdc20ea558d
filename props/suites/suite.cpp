#include "props/suites/suite.h"

#include "props/suites/suites.h"

namespace quire::props {

std::vector<Suite> all_suites(const Options& options) {
  if (!options.trace_file.empty()) return trace_file_suites(options.trace_file);
  if (!options.peer.empty()) return peer_suites(options.peer, options.kernel);
  std::vector<Suite> all;
  for (auto& suites :
       {vectors_suites(), argument_suites(), copy_suites(), signal_suites(), handle_suites(),
        lock_suites(), device_suites(), cache_suites(), f2fs_suites(),
        allocator_suites(options.allocator), write_hooks_suites(options.write_hooks),
        lockstep_suites(), ref_model_suites(), trace_suites()}) {
    all.insert(all.end(), suites.begin(), suites.end());
  }
  return all;
}

}  // namespace quire::props
