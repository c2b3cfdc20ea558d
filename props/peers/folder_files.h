// The files of a case in a folder of a mounted file system.
#pragma once

#include "props/peers/ballast.h"
#include "props/peers/files.h"

#include <memory>
#include <string>

namespace quire::props {

/// root: a descriptor of the folder. ballast: of the same volume. Both outlive the files. A call
/// throws std::runtime_error where a handle cannot be opened or a source cannot be mapped.
std::unique_ptr<Files> make_folder_files(int root, std::string name, Ballast& ballast);

}  // namespace quire::props
