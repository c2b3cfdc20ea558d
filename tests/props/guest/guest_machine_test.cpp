// One line names what a guest lacks, and a guest leaves nothing behind.
#include "props/guest/guest_kernel.h"
#include "props/guest/machine.h"
#include "tests/props/guest/player_fixture.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>

namespace quire::tests {
namespace {

using namespace props;
using namespace props::guest;

namespace fs = std::filesystem;

/// All that a machine needs, but for qemu, which is a script that a test brings.
class GuestMachine : public testing::Test {
 protected:
  GuestMachine() {
    parts_.kind = "ext4";
    parts_.version = "6.1";
    parts_.folder = folder_.path();
    parts_.player = QUIRE_GUEST_PLAYER;
    parts_.qemu = folder_.path() + "/qemu";
    fs::create_directories(folder_.path() + "/load");
    fs::create_directories(folder_.path() + "/modules");
    write("vmlinux", "kernel");
    write("modules/a.ko", "module");
    write("load/ext4", "a.ko\n");
    write_qemu("exit 1");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() + "/" + name) << text;
  }
  void write_qemu(const std::string& commands) {
    write("qemu", "#!/bin/sh\n" + commands + "\n");
    ::chmod(parts_.qemu.c_str(), 0700);
  }

  /// Why it does not start, or "it starts".
  std::string why_not() {
    const auto machine = Machine::start(parts_);
    return machine ? "it starts" : machine.error().what;
  }

  TemporaryFolder folder_;
  MachineParts parts_;
};

TEST_F(GuestMachine, AMissingKernelIsNamedWithWhatBringsIt) {
  fs::remove(folder_.path() + "/vmlinux");
  EXPECT_EQ(
      why_not(), "ext4: no Linux 6.1 with ext4 in " + folder_.path() +
                     ": props/guest/fetch_kernel --kernel 6.1 brings it");
}

TEST_F(GuestMachine, AMissingListOfModulesIsAMissingKernel) {
  fs::remove(folder_.path() + "/load/ext4");
  EXPECT_NE(why_not().find("no Linux 6.1 with ext4"), std::string::npos);
}

TEST_F(GuestMachine, AMissingQemuIsNamedWithItsPackage) {
  fs::remove(parts_.qemu);
  EXPECT_EQ(
      why_not(), "ext4: " + parts_.qemu + ": No such file or directory (package qemu-system-x86)");
}

TEST_F(GuestMachine, AMissingPlayerOrModuleIsNamed) {
  fs::remove(folder_.path() + "/modules/a.ko");
  EXPECT_EQ(why_not(), "ext4: " + folder_.path() + "/modules/a.ko: No such file or directory");
  parts_.player = "/nowhere/player";
  EXPECT_EQ(
      why_not(), "ext4: /nowhere/player is missing: ninja props/quire-guest-player builds it");
}

TEST_F(GuestMachine, OneThatDoesNotStartSaysItsLastLine) {
  write_qemu("echo starting; echo 'tcg is not known' >&2; exit 1");
  EXPECT_EQ(why_not(), "ext4: the guest with Linux 6.1 did not start: tcg is not known");
  write_qemu("echo 'Kernel panic - not syncing'; echo '</TASK>'; exit 1");
  EXPECT_EQ(why_not(), "ext4: the guest with Linux 6.1 did not start: Kernel panic - not syncing");
  write_qemu("exit 0");
  EXPECT_EQ(
      why_not(), "ext4: the guest with Linux 6.1 did not start: the player is gone: Broken pipe");
}

TEST_F(GuestMachine, AKilledRunLeavesNoMachineAndNoFile) {
  const std::string pid_file = folder_.path() + "/pid";
  // sleep, and not qemu, is what runs from here on.
  write_qemu(
      "echo $$ >" + pid_file + ".new; mv " + pid_file + ".new " + pid_file + "; exec sleep 100");
  const TemporaryFolder images;
  const pid_t run = ::fork();
  if (run == 0) {
    ::setenv("TMPDIR", images.path().c_str(), 1);
    const auto machine = Machine::start(parts_);
    ::_exit(0);
  }
  const auto within = [](auto&& holds) {
    for (int i = 0; i < 2000 && !holds(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return holds();
  };
  ASSERT_TRUE(within([&] { return fs::exists(pid_file); }));
  pid_t machine = 0;
  std::ifstream(pid_file) >> machine;
  ASSERT_GT(machine, 0);
  EXPECT_TRUE(images.is_empty()) << "the disk has no name";
  ::kill(run, SIGKILL);
  ::waitpid(run, nullptr, 0);
  EXPECT_TRUE(within([&] { return ::kill(machine, 0) != 0; }));
}

/// The exit status of a command, and what it printed.
std::pair<int, std::string> run(const std::string& command) {
  std::FILE* const out = ::popen((command + " 2>&1").c_str(), "re");
  std::string text;
  for (int c; (c = std::fgetc(out)) != EOF;) text += static_cast<char>(c);
  const int status = ::pclose(out);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

TEST(FetchKernel, RefusesBadUsage) {
  const auto [status, said] = run(QUIRE_FETCH_KERNEL " --kernel 5.4");
  EXPECT_EQ(status, 2);
  EXPECT_EQ(said, "fetch_kernel: --kernel needs 6.1 or 6.12\n");
}

/// A cache with all that a guest is started with.
void fill_cache(const std::string& place) {
  fs::create_directories(place + "/modules");
  fs::create_directories(place + "/load");
  std::ofstream(place + "/release") << "6.1.0-test\n";
  std::ofstream(place + "/vmlinux") << "a kernel";
  std::ofstream(place + "/modules/a.ko") << "a module";
  for (const char* const kind : {"f2fs", "xfs", "ext4", "btrfs"})
    std::ofstream(place + "/load/" + kind) << "a.ko\n";
}

TEST(FetchKernel, TouchesNoNetworkForWhatTheCacheHas) {
  const TemporaryFolder cache;
  fill_cache(cache.path() + "/quire/kernel-6.1");
  const auto [status, said] = run("XDG_CACHE_HOME=" + cache.path() + " " QUIRE_FETCH_KERNEL);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(said, cache.path() + "/quire/kernel-6.1 has Linux 6.1.0-test\n");
}

TEST(FetchKernel, DoesNotTakeAHalfForAKernel) {
  const TemporaryFolder cache;
  for (const char* name : {"apt-get", "apt-cache", "sudo"}) {
    const std::string path = cache.path() + "/" + name;
    std::ofstream(path) << "#!/bin/sh\nexit 100\n";
    ::chmod(path.c_str(), 0700);
  }
  fill_cache(cache.path() + "/quire/kernel-6.1");
  fs::remove(cache.path() + "/quire/kernel-6.1/modules/a.ko");
  const auto [status, said] = run(
      "XDG_CACHE_HOME=" + cache.path() + " PATH=" + cache.path() + ":$PATH " QUIRE_FETCH_KERNEL);
  EXPECT_EQ(status, 3) << said;
}

TEST(FetchKernel, SaysThatThereIsNoPlaceForACache) {
  const auto [status, said] = run("env --ignore-environment PATH=$PATH " QUIRE_FETCH_KERNEL);
  EXPECT_EQ(status, 3);
  EXPECT_NE(said.find("HOME"), std::string::npos) << said;
}

TEST(FetchKernel, SaysThatAptReachesNothing) {
  const TemporaryFolder cache;
  for (const char* name : {"apt-get", "apt-cache", "sudo"}) {
    const std::string path = cache.path() + "/" + name;
    std::ofstream(path) << "#!/bin/sh\nexit 100\n";
    ::chmod(path.c_str(), 0700);
  }
  const auto [status, said] = run(
      "XDG_CACHE_HOME=" + cache.path() + " PATH=" + cache.path() + ":$PATH " QUIRE_FETCH_KERNEL);
  EXPECT_EQ(status, 3) << said;
  EXPECT_NE(said.find("apt-get"), std::string::npos) << said;
  EXPECT_FALSE(fs::exists(cache.path() + "/quire/kernel-6.1"));
}

TEST(Guest, StartsAndPlaysWhereAKernelHasBeenFetched) {
  MachineParts parts = MachineParts::of("ext4", "6.1");
  parts.player = QUIRE_GUEST_PLAYER;
  if (!find_kernel(parts.folder, "6.1", "ext4"))
    GTEST_SKIP() << "no kernel; props/guest/fetch_kernel brings one";
  auto machine = Machine::start(parts);
  ASSERT_TRUE(machine.has_value()) << machine.error().what;
  Conversation& player = (*machine)->player();
  EXPECT_EQ(player.release().substr(0, 4), "6.1.");
  std::string text = "folio";
  const iovec whole{text.data(), text.size()};
  EXPECT_EQ(player.ask({.call = Call::write, .at = 4094}, {&whole, 1}).size, 4099);
}

}  // namespace
}  // namespace quire::tests
