#include "props/system/expected_open.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <map>

namespace quire::props {
namespace {

constexpr std::uint64_t kTries = 10;  // lookups of a path that leads elsewhere each time

bool is_sector_size(std::uint64_t n) { return n == 512 || n == 1024 || n == 2048 || n == 4096; }

bool is_device(NodeKind kind) { return kind == NodeKind::block || kind == NodeKind::regular; }

/// How the file must be opened if all goes well.
ExpectedOpen geometry(const Node& node, bool direct, bool says_units, const std::string& path) {
  ExpectedOpen good{.sector_size = 512, .direct = direct};
  if (node.kind == NodeKind::block) {
    good.sector_size = node.sector_size;
  } else if (direct && says_units) {
    const std::uint64_t unit = std::max({512u, node.direct_offset, node.direct_memory});
    good.direct = node.direct_offset != 0 && is_sector_size(unit);
    if (good.direct) good.sector_size = unit;
  }
  if (!is_sector_size(good.sector_size)) {
    return {
        EINVAL,
        fmt::format(
            "{}: sector size {} is not a power of two from 512 to 4096", path, good.sector_size)};
  }
  good.size = node.size / good.sector_size * good.sector_size;
  if (good.size == 0) return {EINVAL, path + ": empty"};
  return good;
}

}  // namespace

std::string described(int code) {
  // As the manual pages have them, in a message's lower case.
  static const std::map<int, std::string> kTexts{
      {EIO, "input/output error"},
      {EACCES, "permission denied"},
      {ENOMEM, "cannot allocate memory"},
      {ENXIO, "no such device or address"},
      {ENOLCK, "no locks available"},
      {EDOTDOT, "RFS specific error"},
      {EPERM, "operation not permitted"},
      {ENOENT, "no such file or directory"},
      {ELOOP, "too many levels of symbolic links"},
      {EINVAL, "invalid argument"},
      {EBUSY, "device or resource busy"},
      {EROFS, "read-only file system"},
      {EINTR, "interrupted system call"},
      {EWOULDBLOCK, "resource temporarily unavailable"},
  };
  const auto found = kTexts.find(code);
  return found == kTexts.end() ? fmt::format("error {}", code) : found->second;
}

namespace {

/// waited: becomes whether it waited for children, whatever came of that.
ExpectedOpen open_or_error(
    const Node& node, const std::vector<Answered>& log, const std::string& path,
    const std::optional<std::string>& claimed_as, bool was_open, bool& waited) {
  const auto other = [&](int code) { return ExpectedOpen{code, path + ": " + described(code)}; };
  const bool block = node.kind == NodeKind::block;
  std::uint64_t lookups = 0;
  bool direct = true, says_units = false, is_other = false;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const Answered& one = log[i];
    const int code = one.answer < 0 ? static_cast<int>(-one.answer) : 0;
    switch (one.call) {
      case SystemCall::stat:
        ++lookups;
        if (code != 0) return other(code);
        if (!is_device(node.kind))
          return {EINVAL, path + ": neither a block device nor a regular file"};
        if (claimed_as) {
          return {
              EBUSY, path + ": busy (this program itself has it open" +
                         (*claimed_as == path ? "" : " as " + *claimed_as) + ")"};
        }
        break;
      case SystemCall::open: {
        if (code == 0) direct = (one.flags & O_DIRECT) != 0;
        if (code == 0 || code == EINTR) break;
        if (code == EINVAL && !block && (one.flags & O_DIRECT) != 0) break;
        const bool again = std::any_of(
            log.begin() + static_cast<std::ptrdiff_t>(i) + 1, log.end(),
            [](const Answered& a) { return a.call == SystemCall::open; });
        if (code == EBUSY && block && was_open) waited = true;
        if (waited && again) break;
        ExpectedOpen refused = other(code);
        if (code == EROFS) refused.text = path + ": read-only";
        if (code == EBUSY) {
          refused.text = path +
                         ": busy (it is mounted, or another program or another part of this one "
                         "has it open)";
        }
        return refused;
      }
      case SystemCall::fstat: is_other = code == 0 && one.flags != 0; [[fallthrough]];
      case SystemCall::ioctl:
      case SystemCall::fcntl:
        if (code != 0) return other(code);
        break;
      case SystemCall::flock:
        if (code == 0 || code == EINTR) break;
        if (code != EWOULDBLOCK) return other(code);
        return {
            EBUSY,
            path + ": busy (another program or another part of this one holds a lock on it)"};
      case SystemCall::statx: says_units = code == 0 && node.direct == DirectIo::units; break;
      default: break;
    }
  }
  if (is_other) {
    if (lookups < kTries) return {-1, "it looks the path up again"};
    return {EAGAIN, path + ": led to another file each time it was looked up"};
  }
  if (block && node.read_only) return {EROFS, path + ": read-only"};
  return geometry(node, direct, says_units, path);
}

}  // namespace

ExpectedOpen expected_open(
    const Node& node, const std::vector<Answered>& log, const std::string& path,
    const std::optional<std::string>& claimed_as, bool was_open) {
  bool waited = false;
  ExpectedOpen expected = open_or_error(node, log, path, claimed_as, was_open, waited);
  expected.waited = waited;
  return expected;
}

ExpectedOpen expected_ref_open(
    const Node& node, const std::vector<Answered>& log, const std::string& path) {
  const auto failed = [&](const char* what, int code) {
    std::string text = described(code);
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    if (code == 524) text = "Unknown error 524";
    return ExpectedOpen{code, path + ": " + what + ": " + text};
  };
  for (const Answered& one : log) {
    if (one.answer >= 0) continue;
    const int code = static_cast<int>(-one.answer);
    if (one.call == SystemCall::open) return failed("cannot be opened", code);
    if (one.call == SystemCall::fstat) return failed("has no status", code);
    if (one.call == SystemCall::ioctl)
      return failed(one.flags == (BLKSSZGET & 0xff) ? "has no sector size" : "has no size", code);
  }
  if (!is_device(node.kind))
    return {EINVAL, path + ": is neither a regular file nor a block device"};
  return {.size = node.size, .sector_size = node.kind == NodeKind::block ? node.sector_size : 512};
}

}  // namespace quire::props
