#include "props/kernel/detached_mount.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>

namespace quire::props {
namespace {

/// What mkfs.xfs asks for at least is 300 MiB; the image is sparse.
constexpr std::uint64_t kBytes = 512 << 20;
constexpr std::uint32_t kSectorSize = 512;
constexpr const char* kTmpfsSize = "40m";

/// How each kind is made, and the Debian package that brings the command.
struct Maker {
  std::string command;
  std::string package;
};
const std::map<std::string, Maker> kMakers{
    {"xfs", {"mkfs.xfs -q -f -m reflink=1", "xfsprogs"}},
    {"ext4", {"mkfs.ext4 -q -F", "e2fsprogs"}},
    {"btrfs", {"mkfs.btrfs -q -f", "btrfs-progs"}}};

std::unexpected<Error> refused(int code, const std::string& kind, const std::string& cause) {
  return std::unexpected(Error{code, kind + ": " + cause});
}

/// Runs the command that makes a file system. The error is its last line.
std::optional<std::string> failure_of(const Maker& maker, const std::string& device) {
  // sbin is not in every PATH.
  const std::string line =
      fmt::format("PATH=\"$PATH:/usr/sbin:/sbin\" {} {} 2>&1", maker.command, device);
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

/// What the kernel says of a mount that it refused, or else what `code` means.
std::string words_of(const Descriptor& context, int code) {
  std::array<char, 512> text{};
  const ssize_t n = ::read(context.get(), text.data(), text.size() - 1);
  std::string said = n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : "";
  while (!said.empty() && said.back() == '\n') said.pop_back();
  return said.empty() ? std::strerror(code) : fmt::format("{} ({})", std::strerror(code), said);
}

}  // namespace

Result<DetachedMount> DetachedMount::make(const std::string& kind) {
  DetachedMount made;
  std::string source = "none";
  if (const auto maker = kMakers.find(kind); maker != kMakers.end()) {
    auto loop = LoopDevice::attach(kBytes, kSectorSize);
    if (!loop) return refused(loop.error().code, kind, loop.error().what);
    made.loop_.emplace(std::move(*loop));
    source = made.loop_->path();
    if (const auto failure = failure_of(maker->second, source))
      return refused(EIO, kind, "cannot be made: " + *failure);
  } else if (kind != "tmpfs") {
    return refused(EINVAL, kind, "no such peer; there are xfs, ext4, btrfs and tmpfs");
  }

  const Descriptor context(::fsopen(kind.c_str(), FSOPEN_CLOEXEC));
  if (!context) {
    const int code = errno;
    return refused(
        code, kind, code == ENODEV ? "this kernel has no such file system" : std::strerror(code));
  }
  if (::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", source.c_str(), 0) != 0 ||
      // Without a size, tmpfs would let a case that fills it have half of the machine's memory.
      (kind == "tmpfs" &&
       ::fsconfig(context.get(), FSCONFIG_SET_STRING, "size", kTmpfsSize, 0) != 0) ||
      ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    const int code = errno;
    return refused(code, kind, "cannot be mounted: " + words_of(context, code));
  }
  made.root_ = Descriptor(::fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!made.root_) {
    const int code = errno;
    return refused(code, kind, "cannot be mounted: " + words_of(context, code));
  }
  return made;
}

}  // namespace quire::props
