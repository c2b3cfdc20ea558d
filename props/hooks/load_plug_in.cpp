#include "props/hooks/load_plug_in.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace quire::props {

std::expected<MakeHooks*, std::string> load_write_hooks(const std::string& path) {
  // A path without a slash would be looked for in the system's libraries.
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return std::unexpected(fmt::format("{}: {}", path, error.message()));
  if (!std::filesystem::is_regular_file(absolute, error))
    return std::unexpected(path + ": not a file");
  void* object = ::dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (object == nullptr)
    return std::unexpected(fmt::format("{}: cannot be loaded: {}", path, ::dlerror()));
  const auto hooks =
      reinterpret_cast<decltype(&quire_write_hooks)>(::dlsym(object, "quire_write_hooks"));
  if (hooks == nullptr)
    return std::unexpected(path + ": defines no quire_write_hooks(); see props/hooks/plug_in.h");
  const HooksPlugIn* const plug_in = hooks();
  if (plug_in == nullptr || plug_in->make == nullptr)
    return std::unexpected(path + ": quire_write_hooks() gave no hooks");
  if (plug_in->version != kHooksPlugInVersion)
    return std::unexpected(fmt::format(
        "{}: its hooks have version {}, and this quire-check knows version {}", path,
        plug_in->version, kHooksPlugInVersion));
  return plug_in->make;
}

}  // namespace quire::props
