#include "props/kernel/make_file_system.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

namespace quire::props {
namespace {

/// How each kind is made, and the Debian package that brings the command.
struct Maker {
  std::string command;
  std::string package;
};
const std::map<std::string, Maker> kMakers{
    {"xfs", {"mkfs.xfs -q -f -m reflink=1", "xfsprogs"}},
    {"ext4", {"mkfs.ext4 -q -F", "e2fsprogs"}},
    {"btrfs", {"mkfs.btrfs -q -f", "btrfs-progs"}},
    {"f2fs", {"mkfs.f2fs -q -f", "f2fs-tools"}}};

}  // namespace

bool is_made_on_a_device(const std::string& kind) { return kMakers.contains(kind); }

std::optional<std::string> make_file_system(const std::string& kind, const std::string& path) {
  const Maker& maker = kMakers.at(kind);
  // sbin is not in every PATH.
  const std::string line =
      fmt::format("PATH=\"$PATH:/usr/sbin:/sbin\" {} {} 2>&1", maker.command, path);
  std::FILE* const out = ::popen(line.c_str(), "re");
  if (out == nullptr) return std::strerror(errno);
  std::string last;
  std::array<char, 512> text{};
  while (std::fgets(text.data(), text.size(), out) != nullptr) last = text.data();
  const int status = ::pclose(out);
  if (status == 0) return std::nullopt;
  while (!last.empty() && last.back() == '\n') last.pop_back();
  const bool missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;
  return last + (missing ? " (package " + maker.package + ")" : "");
}

}  // namespace quire::props
