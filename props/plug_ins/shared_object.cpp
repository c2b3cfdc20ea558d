#include "props/plug_ins/shared_object.h"

#include <dlfcn.h>

#include <filesystem>
#include <system_error>

namespace quire::props {

std::expected<void*, std::string> find_entry(const std::string& path, const PlugInKind& kind) {
  // A path without a slash would be looked for in the system's libraries.
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return std::unexpected(path + ": " + error.message());
  if (!std::filesystem::is_regular_file(absolute, error))
    return std::unexpected(path + ": not a file" + kind.otherwise);
  void* const object = ::dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (object == nullptr) return std::unexpected(path + ": cannot be loaded: " + ::dlerror());
  void* const entry = ::dlsym(object, kind.entry);
  if (entry == nullptr)
    return std::unexpected(path + ": defines no " + kind.entry + "(); see " + kind.header);
  return entry;
}

}  // namespace quire::props
