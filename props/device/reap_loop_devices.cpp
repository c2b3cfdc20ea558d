// Finds devices and images of dead runs by the name of the image, and removes them.
#include "props/device/loop_device.h"
#include "props/device/loop_image.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <signal.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace quire::props {
namespace {

namespace fs = std::filesystem;

bool is_stale(const std::string& image) {
  const std::optional<pid_t> owner = image_owner(image);
  return owner && ::kill(*owner, 0) != 0 && errno == ESRCH;
}

/// The path of the image under the device that `device` is the folder of in /sys/block, or "".
std::string backing_file(const fs::path& device) {
  std::string path;
  std::getline(std::ifstream(device / "loop/backing_file"), path);
  return path;
}

/// Detaches the device that `device` is the folder of in /sys/block.
bool detach(const fs::path& device) {
  const std::string node = "/dev/" + device.filename().string();
  const Descriptor opened(::open(node.c_str(), O_RDWR | O_CLOEXEC));
  // The number may have been given to a new device since its name was read.
  return opened && is_stale(backing_file(device)) && ::ioctl(opened.get(), LOOP_CLR_FD, 0) == 0;
}

}  // namespace

std::size_t reap_stale_loop_devices(const std::string& folder) {
  std::size_t reaped = 0;
  std::error_code ignored;
  for (const fs::directory_entry& device : fs::directory_iterator("/sys/block", ignored)) {
    const std::string image = backing_file(device.path());
    if (!is_stale(image) || !detach(device.path())) continue;
    ++reaped;
    // An image outside `folder` is found here only; one whose name is gone already is not there.
    if (fs::remove(image, ignored)) ++reaped;
  }
  for (const fs::directory_entry& file : fs::directory_iterator(image_folder(folder), ignored)) {
    if (is_stale(file.path()) && file.is_regular_file(ignored) && fs::remove(file, ignored)) {
      ++reaped;
    }
  }
  return reaped;
}

}  // namespace quire::props
