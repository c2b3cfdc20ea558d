#include "props/peers/size_limit.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace quire::props {
namespace {

sigset_t size_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGXFSZ);
  return set;
}

}  // namespace

SizeLimit::SizeLimit() {
  const sigset_t set = size_signal();
  ::pthread_sigmask(SIG_BLOCK, &set, &mask_);
  ::getrlimit(RLIMIT_FSIZE, &before_);
}

SizeLimit::~SizeLimit() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
  take_signal();
  ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
}

void SizeLimit::set(std::optional<std::uint64_t> bytes) {
  rlimit limit = before_;
  if (bytes) limit.rlim_cur = std::min<rlim_t>(*bytes, before_.rlim_max);
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0)
    throw std::system_error(errno, std::generic_category(), "setrlimit");
}

bool SizeLimit::take_signal() {
  const sigset_t set = size_signal();
  const timespec now{};
  return ::sigtimedwait(&set, nullptr, &now) == SIGXFSZ;
}

}  // namespace quire::props
