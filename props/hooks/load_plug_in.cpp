#include "props/hooks/load_plug_in.h"

#include "props/plug_ins/shared_object.h"

#include <fmt/format.h>

namespace quire::props {

std::expected<MakeHooks*, std::string> load_write_hooks(const std::string& path) {
  const auto plug_in = call_entry<decltype(&quire_write_hooks)>(
      path, {"quire_write_hooks", "props/hooks/plug_in.h", "hooks", ""});
  if (!plug_in) return std::unexpected(plug_in.error());
  if ((*plug_in)->version != kHooksPlugInVersion)
    return std::unexpected(fmt::format(
        "{}: its hooks have version {}, and this quire-check knows version {}", path,
        (*plug_in)->version, kHooksPlugInVersion));
  if ((*plug_in)->make == nullptr)
    return std::unexpected(path + ": quire_write_hooks() gave no hooks");
  return (*plug_in)->make;
}

}  // namespace quire::props
