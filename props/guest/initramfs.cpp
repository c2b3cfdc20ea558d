#include "props/guest/initramfs.h"

#include <fmt/format.h>

namespace quire::props::guest {
namespace {

void pad(std::string& archive) { archive.resize((archive.size() + 3) / 4 * 4, '\0'); }

}  // namespace

void Initramfs::add(
    const std::string& path, unsigned mode, std::string_view content, unsigned major,
    unsigned minor) {
  // inode, mode, uid, gid, links, mtime, size, the archive's device, the file's device, length of
  // the name, no checksum.
  archive_ += fmt::format(
      "070701{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}",
      ++inode_, mode, 0, 0, 1, 0, content.size(), 0, 0, major, minor, path.size() + 1, 0);
  archive_ += path;
  archive_ += '\0';
  pad(archive_);
  archive_ += content;
  pad(archive_);
}

const std::string& Initramfs::finish() {
  add("TRAILER!!!", 0);
  return archive_;
}

}  // namespace quire::props::guest
