#include "props/guest/boot.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <thread>

namespace quire::props::guest {
namespace {

namespace fs = std::filesystem;

/// How long a device may take to appear once its driver is loaded.
constexpr std::chrono::seconds kPatience{30};

void check(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error(what + ": " + std::strerror(errno));
}

void mount_at(const char* source, const char* path, const char* kind) {
  ::mkdir(path, 0700);
  check(::mount(source, path, kind, 0, nullptr) == 0, std::string("mount ") + kind);
}

void load_modules() {
  std::set<fs::path> sorted;
  for (const auto& entry : fs::directory_iterator("/modules")) sorted.insert(entry.path());
  for (const fs::path& path : sorted) {
    const Descriptor module(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    check(static_cast<bool>(module), path.string());
    // ENODEV: a faster variant for a processor that this is not.
    const bool loaded = ::syscall(SYS_finit_module, module.get(), "", 0) == 0;
    check(loaded || errno == EEXIST || errno == ENODEV, path.string());
  }
}

/// Opens a path of /dev, which appears when the kernel has found the device.
Descriptor open_device(const fs::path& path) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    Descriptor opened(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (opened) return opened;
    check(std::chrono::steady_clock::now() < end, path.string());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

/// The one port of the machine; its number depends on the order of the devices.
fs::path port() {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator("/sys/class/virtio-ports", ignored))
      return "/dev" / entry.path().filename();
    errno = ENODEV;
    check(std::chrono::steady_clock::now() < end, "virtio port");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace

Stage set_stage(const std::string& kind) {
  mount_at("devtmpfs", "/dev", "devtmpfs");
  mount_at("sysfs", "/sys", "sysfs");
  load_modules();
  open_device("/dev/vda");
  mount_at("/dev/vda", "/volume", kind.c_str());
  Stage stage;
  stage.folder = Descriptor(::open("/volume", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  check(static_cast<bool>(stage.folder), "/volume");
  stage.channel = open_device(port());
  return stage;
}

void power_off() {
  ::reboot(RB_POWER_OFF);
  for (;;) ::pause();
}

}  // namespace quire::props::guest
