#include "props/guest/guest_kernel.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace quire::props::guest {

std::string kernel_folder(const std::string& version) {
  const auto chosen = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  const std::string cache = chosen("XDG_CACHE_HOME");
  const std::string home = chosen("HOME");
  if (cache.empty() && home.empty()) return "";
  return (cache.empty() ? home + "/.cache" : cache) + "/quire/kernel-" + version;
}

Result<GuestKernel> find_kernel(
    const std::string& folder, const std::string& version, const std::string& kind) {
  if (folder.empty())
    return std::unexpected(Error{ENOENT, "neither XDG_CACHE_HOME nor HOME says where a kernel is"});
  GuestKernel found{folder + "/vmlinux", {}};
  std::ifstream list(folder + "/load/" + kind);
  for (std::string name; std::getline(list, name);)
    found.modules.push_back(folder + "/modules/" + name);
  if (found.modules.empty() || ::access(found.vmlinux.c_str(), R_OK) != 0) {
    return std::unexpected(Error{
        ENOENT, fmt::format(
                    "no Linux {} with {} in {}: props/guest/fetch_kernel --kernel {} brings it",
                    version, kind, folder, version)});
  }
  return found;
}

}  // namespace quire::props::guest
