// An instance of tracefs that a killed run left is removed.
#include "props/trace/tracefs.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace quire::props::trace {
namespace {

TEST(Tracefs, InstanceOfAKilledRunIsTakenAway) {
  if (::geteuid() != 0) GTEST_SKIP() << "tracefs can be mounted by root alone";
  const auto probe = Tracefs::make();
  if (!probe) GTEST_SKIP() << probe.error().what;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto trace = Tracefs::make();
    const char made = trace ? 'y' : 'n';
    (void)!::write(ready[1], &made, 1);
    for (;;) ::pause();
  }
  char made = 'n';
  ASSERT_EQ(::read(ready[0], &made, 1), 1);
  EXPECT_EQ(made, 'y');
  EXPECT_EQ(reap_stale_instances(), 0U) << "the child lives, and so do we";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(reap_stale_instances(), 1U);
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace quire::props::trace
