// The name of an image file carries its owner's pid, so that a stale one is recognised.
#include "props/device/loop_image.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace quire::props {
namespace {

constexpr std::string_view kPrefix = "quire-check.";
constexpr std::string_view kSuffix = ".img";
constexpr std::string_view kDeleted = " (deleted)";
constexpr int kNamesTried = 1000;

std::atomic<unsigned> next_image = 0;

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

/// The whole of `digits` as a number that is not negative.
std::optional<int> number(std::string_view digits) {
  int value = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) return {};
  return value;
}

}  // namespace

std::string image_folder(const std::string& folder) {
  if (!folder.empty()) return folder;
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/tmp";
}

std::optional<pid_t> image_owner(std::string_view path) {
  take_suffix(path, kDeleted);
  std::string_view name = path.substr(path.rfind('/') + 1);
  if (!take_prefix(name, kPrefix) || !take_suffix(name, kSuffix)) return {};
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || !number(name.substr(dot + 1))) return {};
  const std::optional<int> pid = number(name.substr(0, dot));
  // kill(0, 0) asks about our process group, not about a process.
  return pid == 0 ? std::nullopt : pid;
}

Result<LoopImage> LoopImage::make(const std::string& folder, std::uint64_t bytes) {
  std::string path;
  // A dead process may have had our pid and left the name behind.
  for (int tries = 0; tries < kNamesTried; ++tries) {
    path = image_folder(folder) + "/" + std::string(kPrefix) + std::to_string(::getpid()) + "." +
           std::to_string(next_image++) + std::string(kSuffix);
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file && errno == EEXIST) continue;
    if (!file) break;

    LoopImage image(std::move(file), path);
    if (::ftruncate(image.fd(), static_cast<off_t>(bytes)) == 0) return image;
    break;
  }
  const int code = errno;
  return std::unexpected(Error{code, "loop device: image " + path + ": " + std::strerror(code)});
}

LoopImage::~LoopImage() {
  if (file_) ::unlink(path_.c_str());
}

}  // namespace quire::props
