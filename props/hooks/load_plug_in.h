// Loads write hooks from a user's shared object.
#pragma once

#include "props/hooks/plug_in.h"

#include <expected>
#include <string>

namespace quire::props {

/// The hooks of a shared object, which stays loaded until the program ends. The error is one line
/// that names the file and the cause: it cannot be loaded, defines no quire_write_hooks(), or was
/// built with another version of the header.
std::expected<MakeHooks*, std::string> load_write_hooks(const std::string& path);

}  // namespace quire::props
