// quire-guest-player: plays requests on files. As process 1 it is all that runs in a guest.
//
// usage: quire-guest-player FOLDER FD
//   FOLDER  where its files are made
//   FD      the descriptor of a socket on which requests come
// As process 1 its one argument is the file system of /dev/vda, and it powers the machine off.
#include "props/guest/boot.h"
#include "props/guest/play.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <utility>

namespace {

using namespace quire::props;
using namespace quire::props::guest;

[[noreturn]] void be_the_guest(const char* kind) {
  try {
    Stage stage = set_stage(kind);
    Channel channel(std::move(stage.channel));
    play(channel, stage.folder.get());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "quire-guest-player: %s\n", e.what());
  }
  power_off();
}

}  // namespace

int main(int argc, char** argv) {
  if (::getpid() == 1) be_the_guest(argc > 1 ? argv[1] : "");
  if (argc != 3) {
    std::fprintf(stderr, "usage: quire-guest-player FOLDER FD\n");
    return 2;
  }
  const Descriptor folder(::open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    std::fprintf(stderr, "quire-guest-player: %s: %s\n", argv[1], std::strerror(errno));
    return 3;
  }
  Channel channel{Descriptor(std::atoi(argv[2]))};
  try {
    return play(channel, folder.get());
  } catch (const std::exception& e) {
    std::fprintf(stderr, "quire-guest-player: %s\n", e.what());
    return 3;
  }
}
