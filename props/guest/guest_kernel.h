// A kernel that props/guest/fetch_kernel has brought into the user's cache.
#pragma once

#include <quire/error.h>

#include <string>
#include <vector>

namespace quire::props::guest {

struct GuestKernel {
  std::string vmlinux;               ///< path
  std::vector<std::string> modules;  ///< paths, in the order in which they are loaded
};

/// The folder of a version that fetch_kernel brought: below $XDG_CACHE_HOME/quire, or
/// ~/.cache/quire. Empty where neither XDG_CACHE_HOME nor HOME is set.
std::string kernel_folder(const std::string& version);

/// The kernel in `folder`, with what it loads for one kind of file system. Errors name what is
/// missing, and the command that brings it.
[[nodiscard]] Result<GuestKernel> find_kernel(
    const std::string& folder, const std::string& version, const std::string& kind);

}  // namespace quire::props::guest
