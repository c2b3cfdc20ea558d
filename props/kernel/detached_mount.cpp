#include "props/kernel/detached_mount.h"

#include "props/kernel/make_file_system.h"

#include <fmt/format.h>
#include <sys/mount.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace quire::props {
namespace {

/// mkfs.xfs needs 300 MiB; the image is sparse.
constexpr std::uint64_t kBytes = 512 << 20;
constexpr std::uint32_t kSectorSize = 512;
constexpr const char* kTmpfsSize = "40m";

std::unexpected<Error> refused(int code, const std::string& kind, const std::string& cause) {
  return std::unexpected(Error{code, kind + ": " + cause});
}

/// The kernel's message about a refused mount, or else the meaning of `code`.
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
  if (is_made_on_a_device(kind)) {
    auto loop = LoopDevice::attach(kBytes, kSectorSize);
    if (!loop) return refused(loop.error().code, kind, loop.error().what);
    made.loop_.emplace(std::move(*loop));
    source = made.loop_->path();
    if (const auto failure = make_file_system(kind, source))
      return refused(EIO, kind, "cannot be made: " + *failure);
  } else if (kind != "tmpfs") {
    return refused(EINVAL, kind, "no such peer; there are xfs, ext4, btrfs and tmpfs");
  }

  const Descriptor context(::fsopen(kind.c_str(), FSOPEN_CLOEXEC));
  if (!context) {
    const int code = errno;
    if (code == EPERM) return refused(code, kind, "a mount needs root");
    return refused(
        code, kind, code == ENODEV ? "this kernel has no such file system" : std::strerror(code));
  }
  if (::fsconfig(context.get(), FSCONFIG_SET_STRING, "source", source.c_str(), 0) != 0 ||
      // By default tmpfs lets a case fill half of the machine's memory.
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
