#include "props/kernel/make_file_system.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>

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

/// The line that names an error, or else the first line that is not empty: a version may stand
/// before it, a page of usage behind it.
std::string cause_in(const std::vector<std::string>& said) {
  const auto names_error = [](const std::string& line) { return line.find("rror") != line.npos; };
  const auto says = [](const std::string& line) {
    return line.find_first_not_of(" \n") != line.npos;
  };
  auto line = std::ranges::find_if(said, names_error);
  if (line == said.end()) line = std::ranges::find_if(said, says);
  if (line == said.end()) return "it says nothing";
  const std::size_t first = line->find_first_not_of(" \t");
  return line->substr(first, line->find_last_not_of('\n') + 1 - first);
}

}  // namespace

bool is_made_on_a_device(const std::string& kind) { return kMakers.contains(kind); }

std::optional<std::string> make_file_system(const std::string& kind, const std::string& path) {
  const Maker& maker = kMakers.at(kind);
  // sbin is not in every PATH.
  const std::string line =
      fmt::format("PATH=\"$PATH:/usr/sbin:/sbin\" {} {} 2>&1", maker.command, path);
  std::FILE* const out = ::popen(line.c_str(), "re");
  if (out == nullptr) return std::strerror(errno);
  std::vector<std::string> said;
  std::array<char, 512> text{};
  while (std::fgets(text.data(), text.size(), out) != nullptr) said.emplace_back(text.data());
  const int status = ::pclose(out);
  if (status == 0) return std::nullopt;
  const bool missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;
  return cause_in(said) + (missing ? " (package " + maker.package + ")" : "");
}

}  // namespace quire::props
