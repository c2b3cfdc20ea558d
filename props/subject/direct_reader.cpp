#include "props/subject/direct_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace quire::props {
namespace {

constexpr std::size_t kBounceBytes = 1 << 20;

}  // namespace

DirectReader::DirectReader(const std::string& path)
    : file_(::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC)) {
  if (file_.get() < 0 && errno == EINVAL)
    file_ = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file_.get() < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
}

int DirectReader::read(std::uint64_t pos, std::span<std::byte> to) {
  struct Free {
    void operator()(void* p) const { std::free(p); }
  };
  static thread_local const std::unique_ptr<void, Free> bounce(
      std::aligned_alloc(4096, kBounceBytes));
  while (!to.empty()) {
    const std::size_t piece = std::min(to.size(), kBounceBytes);
    const ssize_t got = ::pread(file_.get(), bounce.get(), piece, static_cast<off_t>(pos));
    if (got < 0) return -errno;
    if (got == 0) return -EIO;
    std::memcpy(to.data(), bounce.get(), static_cast<std::size_t>(got));
    to = to.subspan(static_cast<std::size_t>(got));
    pos += static_cast<std::uint64_t>(got);
  }
  return 0;
}

}  // namespace quire::props
