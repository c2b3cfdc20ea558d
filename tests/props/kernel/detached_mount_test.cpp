// Only its descriptor leads to a peer's file system, and an error names the kind that cannot be
// made.
#include "props/kernel/detached_mount.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

namespace quire::props {
namespace {

std::string mounts() {
  std::ifstream file("/proc/self/mountinfo");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DetachedMount, UnknownKindIsNamed) {
  const auto made = DetachedMount::make("minix");
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().what, "minix: no such peer; there are xfs, ext4, btrfs and tmpfs");
}

TEST(DetachedMount, HoldsFilesAndIsMountedAtNoPath) {
  if (::geteuid() != 0) GTEST_SKIP() << "a file system can be mounted by root alone";
  const std::string before = mounts();
  const auto made = DetachedMount::make("tmpfs");
  ASSERT_TRUE(made.has_value()) << made.error().what;
  const Descriptor file(::openat(made->root(), "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  EXPECT_EQ(::write(file.get(), "folio", 5), 5);
  EXPECT_EQ(mounts(), before);
}

}  // namespace
}  // namespace quire::props
