// A player on this machine, in a folder of its own, for the tests that speak to one.
#pragma once

#include "props/device/descriptor.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

namespace quire::tests {

/// A folder in the place for temporary files, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    path_ = std::filesystem::temp_directory_path() / "quire-test.XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  bool is_empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::string path_;
};

/// The two ends of a stream.
struct Ends {
  props::Descriptor ours, theirs;

  Ends() {
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
      throw std::runtime_error("socketpair");
    ours = props::Descriptor(fds[0]);
    theirs = props::Descriptor(fds[1]);
  }
};

/// quire-guest-player, whose path is given, as a process with its files in folder(). stream() is
/// for one Channel.
class PlayerProcess {
 public:
  explicit PlayerProcess(std::string name) {
    Ends ends;
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends.theirs.get(), 3);
    std::string folder = folder_.path(), fd = "3";
    char* const argv[] = {name.data(), folder.data(), fd.data(), nullptr};
    if (::posix_spawn(&pid_, name.c_str(), &actions, nullptr, argv, environ) != 0) pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
    stream_ = std::move(ends.ours);
  }
  PlayerProcess(const PlayerProcess&) = delete;
  PlayerProcess& operator=(const PlayerProcess&) = delete;
  ~PlayerProcess() {
    stream_ = props::Descriptor();
    if (pid_ > 0) wait();
  }

  props::Descriptor stream() { return std::move(stream_); }
  const TemporaryFolder& folder() const { return folder_; }

  /// Waits for its end, which comes when the stream is closed. Its exit status.
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  TemporaryFolder folder_;
  props::Descriptor stream_;
  pid_t pid_ = -1;
};

}  // namespace quire::tests
