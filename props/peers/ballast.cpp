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

void Ballast::fill(std::uint64_t leave) {
  for (std::uint64_t piece = kPieceMax; kPieceMin <= piece; piece /= 2) {
    while (::fallocate(file_.get(), 0, static_cast<off_t>(bytes_), static_cast<off_t>(piece)) ==
           0) {
      bytes_ += piece;
    }
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
