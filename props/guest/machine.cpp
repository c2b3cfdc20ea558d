#include "props/guest/machine.h"

#include "props/device/loop_image.h"
#include "props/guest/guest_kernel.h"
#include "props/guest/initramfs.h"
#include "props/kernel/make_file_system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace quire::props::guest {
namespace {

/// mkfs.xfs needs 300 MiB; the disk is sparse.
constexpr std::uint64_t kDiskBytes = 512 << 20;
/// An idle host starts a machine in 3 s; a busy one takes longer.
constexpr std::chrono::seconds kPatienceAtStart{120};
/// For one call. fsync of 16 MiB takes less than a second.
constexpr std::chrono::seconds kPatience{60};

/// A path that leads to a descriptor of this process as long as that is open, from any process.
std::string path_of(const Descriptor& file) {
  return fmt::format("/proc/{}/fd/{}", ::getpid(), file.get());
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": " + std::strerror(errno));
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file in memory that lives as long as its descriptor.
Descriptor file_in_memory(const std::string& content) {
  Descriptor file(::memfd_create("quire-check guest", MFD_CLOEXEC));
  std::size_t at = 0;
  while (file && at < content.size()) {
    const ssize_t n = ::write(file.get(), content.data() + at, content.size() - at);
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
  if (!file || at < content.size())
    throw std::runtime_error(std::string("a file in memory: ") + std::strerror(errno));
  return file;
}

/// Its name goes at once, and is one that reap_stale_loop_devices() knows.
Descriptor unlinked_disk() {
  const auto image = LoopImage::make("", kDiskBytes);
  if (!image) throw std::runtime_error("the guest's disk: " + image.error().what);
  Descriptor disk(::fcntl(image->fd(), F_DUPFD_CLOEXEC, 0));
  if (!disk) throw std::runtime_error(std::string("the guest's disk: ") + std::strerror(errno));
  return disk;
}

Descriptor make_initramfs(const std::string& player, const std::vector<std::string>& modules) {
  Initramfs files;
  files.add("init", S_IFREG | 0700, read_file(player));
  // For what init says before it has mounted anything.
  files.add("dev", S_IFDIR | 0700);
  files.add("dev/console", S_IFCHR | 0600, {}, 5, 1);
  files.add("modules", S_IFDIR | 0700);
  for (std::size_t i = 0; i < modules.size(); ++i)
    files.add(fmt::format("modules/{:03}", i), S_IFREG | 0600, read_file(modules[i]));
  return file_in_memory(files.finish());
}

/// Only the devices that are needed: the guest probes fewer.
constexpr const char* kHardware =
    "-accel tcg -machine pc -cpu max -m 768M -nodefaults -no-user-config -display none -no-reboot "
    "-device virtio-blk-pci,drive=disk -device virtio-serial-pci "
    "-device virtserialport,chardev=port,name=quire -serial chardev:console";

/// Freed memory is filled with 0xaa and handed out as it is, so that a page shows what it held. On
/// a busy host the clock may look broken for a while, which is no reason to stop.
constexpr const char* kKernelOptions =
    "console=ttyS0 loglevel=3 panic=-1 oops=panic mitigations=off init_on_alloc=0 page_poison=1 "
    "no_timer_check";

/// The command that runs a machine. The paths are of files, the port is a socket's descriptor.
std::vector<std::string> command(
    const MachineParts& parts, const std::string& vmlinux, const std::string& initramfs,
    const std::string& disk, const std::string& console, int port) {
  std::vector<std::string> words{parts.qemu};
  std::istringstream hardware(kHardware);
  for (std::string word; hardware >> word;) words.push_back(word);
  const auto add = [&](const char* option, std::string value) {
    words.push_back(option);
    words.push_back(std::move(value));
  };
  add("-kernel", vmlinux);
  add("-initrd", initramfs);
  add("-append", fmt::format("{} -- {}", kKernelOptions, parts.kind));
  // Flushed data need not outlive this machine.
  add("-drive",
      fmt::format("file={},format=raw,if=none,id=disk,cache=unsafe,file.locking=off", disk));
  add("-chardev", fmt::format("socket,id=port,fd={}", port));
  add("-chardev", fmt::format("file,id=console,path={}", console));
  return words;
}

}  // namespace

MachineParts MachineParts::of(const std::string& kind, const std::string& version) {
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  MachineParts parts;
  parts.kind = kind;
  parts.version = version;
  parts.folder = kernel_folder(version);
  parts.player = self.parent_path() / "quire-guest-player";
  return parts;
}

Result<std::unique_ptr<Machine>> Machine::start(const MachineParts& parts) {
  std::unique_ptr<Machine> machine(new Machine);
  try {
    if (const auto failure = machine->run(parts))
      return std::unexpected(Error{EIO, parts.kind + ": " + *failure});
  } catch (const std::runtime_error& e) {
    return std::unexpected(Error{EIO, parts.kind + ": " + e.what()});
  }
  return machine;
}

std::optional<std::string> Machine::run(const MachineParts& parts) {
  const auto kernel = find_kernel(parts.folder, parts.version, parts.kind);
  if (!kernel) return kernel.error().what;
  disk_ = unlinked_disk();
  if (const auto failure = make_file_system(parts.kind, path_of(disk_)))
    return "cannot be made: " + *failure;
  if (::access(parts.player.c_str(), R_OK) != 0)
    return parts.player + " is missing: ninja props/quire-guest-player builds it";
  initramfs_ = make_initramfs(parts.player, kernel->modules);
  console_ = file_in_memory("");

  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return std::string("socketpair: ") + std::strerror(errno);
  Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const auto failure = launch(
      command(
          parts, kernel->vmlinux, path_of(initramfs_), path_of(disk_), path_of(console_),
          theirs.get()),
      theirs.get());
  if (failure) return failure;
  theirs = Descriptor();  // so that its end is heard
  try {
    player_.emplace(Channel(std::move(ours), kPatienceAtStart));
    player_->be_patient(kPatience);
  } catch (const std::runtime_error& e) {
    const std::string said = last_words();
    return fmt::format(
        "the guest with Linux {} did not start: {}", parts.version, said.empty() ? e.what() : said);
  }
  return std::nullopt;
}

std::optional<std::string> Machine::launch(const std::vector<std::string>& arguments, int port) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int failed[2];
  if (::pipe2(failed, O_CLOEXEC) != 0) return std::string("pipe: ") + std::strerror(errno);
  const Descriptor hear(failed[0]);
  Descriptor report(failed[1]);

  const pid_t parent = ::getpid();
  qemu_ = ::fork();
  if (qemu_ == 0) {
    // Only what a child of several threads may call.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::dup2(console_.get(), STDERR_FILENO);
    ::dup2(console_.get(), STDOUT_FILENO);
    ::fcntl(port, F_SETFD, 0);
    ::execvp(argv[0], argv.data());
    const int code = errno;
    [[maybe_unused]] const ssize_t said = ::write(report.get(), &code, sizeof code);
    ::_exit(1);
  }
  if (qemu_ < 0) return std::string("fork: ") + std::strerror(errno);
  report = Descriptor();
  int code = 0;
  if (::read(hear.get(), &code, sizeof code) != sizeof code) return std::nullopt;
  return fmt::format(
      "{}: {}{}", arguments[0], std::strerror(code),
      code == ENOENT ? " (package qemu-system-x86)" : "");
}

Machine::~Machine() {
  if (qemu_ <= 0) return;
  ::kill(qemu_, SIGKILL);
  while (::waitpid(qemu_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string Machine::last_words() const {
  std::ifstream console(path_of(console_));
  std::string last;
  for (std::string line; std::getline(console, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) last = line;
    // The text behind it is a place, not a cause.
    if (line.find("Kernel panic") != std::string::npos) break;
  }
  return last;
}

}  // namespace quire::props::guest
