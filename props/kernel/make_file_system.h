// Empty file systems, as their own programs make them.
#pragma once

#include <optional>
#include <string>

namespace quire::props {

/// Whether there is a program that makes this kind: xfs, ext4, btrfs, f2fs.
bool is_made_on_a_device(const std::string& kind);

/// Makes an empty file system on a block device or a file, whose contents are lost. An error is one
/// line, and names the package of a missing program. Requires is_made_on_a_device(kind).
std::optional<std::string> make_file_system(const std::string& kind, const std::string& path);

}  // namespace quire::props
