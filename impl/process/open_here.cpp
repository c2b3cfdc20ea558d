// The descriptors and the claims of this process, and how a forked child closes or forgets them.
#include "impl/process/open_here.h"

#include "impl/process/this_process.h"

#include <pthread.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

namespace quire::impl {
namespace {

struct Claimed {
  std::uint64_t number;
  std::uint64_t process;
  FileIdentity identity;
  std::string path;
  bool opened;
};

/// All that this process has open. A child's is empty.
struct OpenHere {
  std::mutex lock;  // taken with no other lock held, and none is taken under it
  std::vector<int> descriptors;
  std::vector<Claimed> claims;
  std::vector<FileIdentity> released;
  std::uint64_t last_claim = 0;

  OpenHere();
};

/// Never destroyed: a device in a global variable may be destroyed after everything here.
OpenHere& open_here() {
  static OpenHere& all = *new OpenHere;
  return all;
}

void close_in_child() {
  OpenHere& all = open_here();
  for (const int fd : all.descriptors) ::close(fd);
  all.descriptors.clear();
  all.claims.clear();
  all.lock.unlock();
}

OpenHere::OpenHere() {
  const int error = ::pthread_atfork(
      [] { open_here().lock.lock(); }, [] { open_here().lock.unlock(); }, close_in_child);
  if (error != 0) throw std::bad_alloc();
}

/// Room for n more, so that adding them cannot fail.
template <class T>
void make_room(std::vector<T>& all, std::size_t n) {
  if (all.capacity() - all.size() < n) all.reserve(2 * all.size() + n);
}

}  // namespace

int open_for_this_process(const std::function<int()>& open) {
  OpenHere& all = open_here();
  const std::lock_guard lock(all.lock);
  make_room(all.descriptors, 1);
  const int fd = open();
  if (fd >= 0) all.descriptors.push_back(fd);
  return fd;
}

void close_for_this_process(int fd, const std::function<void()>& close) noexcept {
  OpenHere& all = open_here();
  // Closed under the lock: later the number may be that of another file.
  const std::lock_guard lock(all.lock);
  std::erase(all.descriptors, fd);
  close();
}

Descriptor::Descriptor(const std::function<int()>& open)
    : fd_(open_for_this_process(open)), process_(this_process()) {}

Descriptor::~Descriptor() {
  if (fd_ < 0 || process_ != this_process()) return;
  close_for_this_process(fd_, [this] {
    // A child that was not made by fork(2) may share the open file, and its lock with it.
    ::flock(fd_, LOCK_UN);
    ::close(fd_);
  });
}

std::expected<Claim, std::string> Claim::make(
    const FileIdentity& identity, const std::string& path) {
  OpenHere& all = open_here();
  const std::lock_guard lock(all.lock);
  const std::uint64_t process = this_process();
  for (const Claimed& held : all.claims) {
    if (held.identity == identity && held.process == process) return std::unexpected(held.path);
  }
  make_room(all.released, all.claims.size() + 1);  // so that no claim can fail to end
  all.claims.push_back({all.last_claim + 1, process, identity, path, false});
  return Claim(++all.last_claim);
}

Claim::~Claim() {
  if (number_ == 0) return;
  OpenHere& all = open_here();
  const std::lock_guard lock(all.lock);
  const auto held = std::ranges::find(all.claims, number_, &Claimed::number);
  if (held == all.claims.end() || held->process != this_process()) return;
  const bool is_new = std::ranges::find(all.released, held->identity) == all.released.end();
  if (held->opened && is_new) all.released.push_back(held->identity);
  all.claims.erase(held);
}

void Claim::note_opened() noexcept {
  OpenHere& all = open_here();
  const std::lock_guard lock(all.lock);
  const auto held = std::ranges::find(all.claims, number_, &Claimed::number);
  if (held != all.claims.end()) held->opened = true;
}

bool was_open_here(const FileIdentity& identity) {
  OpenHere& all = open_here();
  const std::lock_guard lock(all.lock);
  return std::ranges::find(all.released, identity) != all.released.end();
}

}  // namespace quire::impl
