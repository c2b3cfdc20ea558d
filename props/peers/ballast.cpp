#include "props/peers/ballast.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace quire::props {
namespace {

constexpr std::uint64_t kPieceMax = std::uint64_t{256} << 20;
constexpr std::uint64_t kPieceMin = 4096;

}  // namespace

Ballast::Ballast(int folder) : file_(::openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {
  if (!file_) throw std::system_error(errno, std::generic_category(), "a file without a name");
}

bool Ballast::takes(std::uint64_t piece) {
  const auto at = static_cast<off_t>(bytes_);
  int code = 0;
  do {
    code = ::fallocate(file_.get(), 0, at, static_cast<off_t>(piece)) == 0 ? 0 : errno;
  } while (code == EINTR);
  if (code != 0 && code != ENOSPC)
    throw std::system_error(code, std::generic_category(), "a volume cannot be filled");
  return code == 0;
}

void Ballast::fill(std::uint64_t leave) {
  for (std::uint64_t piece = kPieceMax; kPieceMin <= piece; piece /= 2) {
    while (takes(piece)) bytes_ += piece;
  }
  bytes_ -= std::min(bytes_, (leave + kPieceMin - 1) / kPieceMin * kPieceMin);
  if (::ftruncate(file_.get(), static_cast<off_t>(bytes_)) != 0)
    throw std::system_error(errno, std::generic_category(), "ftruncate");
  ::syncfs(file_.get());  // btrfs frees at a commit
}

void Ballast::release() {
  if (bytes_ == 0) return;
  if (::ftruncate(file_.get(), 0) != 0)
    throw std::system_error(errno, std::generic_category(), "ftruncate");
  ::syncfs(file_.get());
  bytes_ = 0;
}

}  // namespace quire::props
