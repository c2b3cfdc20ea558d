// The check of write hooks: sound ones hold, and each mistake is found by the rule that it breaks.
#include "props/hooks/check_write_hooks.h"
#include "props/hooks/hooks_laws.h"
#include "spec/locks/steps.h"
#include "spec/write/write_begin_end.h"
#include "tests/props/hooks/block_hooks.h"
#include "tests/props/hooks/refuted_hooks.h"
#include "tests/props/hooks/whole_folio_hooks.h"

#include <gtest/gtest.h>

#include <string>

namespace quire::props {
namespace {

using WholeFolios = WholeFolioHooks<>;

QUIRE_CHECK_WRITE_HOOKS(BlockHooks)
QUIRE_CHECK_WRITE_HOOKS(WholeFolios, .cases = 500)

TEST(WriteHooksMistake, ShortCopyIsAccepted) {
  expect_hooks_refuted<WholeFolioHooks<HooksMistake::accepts_short_copies>>(
      spec::short_copy_is_rejected.text);
}
TEST(WriteHooksMistake, FolioIsUnlockedTooEarly) {
  expect_hooks_refuted<WholeFolioHooks<HooksMistake::unlocks_too_early>>(
      spec::size_covers_before_unlock.text);
}
TEST(WriteHooksMistake, LockIsKeptOnError) {
  expect_hooks_refuted<WholeFolioHooks<HooksMistake::keeps_lock_on_error>>(
      kFailedBeginLocksNothing);
}
TEST(WriteHooksMistake, BlockMapIsLockedFirst) {
  expect_hooks_refuted<WholeFolioHooks<HooksMistake::locks_map_first>>(
      spec::acquires_in_order.text);
}

TEST(WriteHooksMistake, IsToldByItsRuleItsCallsAndItsSeed) {
  const std::string text =
      check_write_hooks<WholeFolioHooks<HooksMistake::unlocks_too_early>>({.seed = 7});
  for (const char* const part :
       {"zero bytes past the size. [WB-6]\n", "  write(pos 0, length 1, readable 1)\n",
        "    write_begin(pos 0, want 1)\n      lock_folio(0, 1) = folio [0, 4096)\n",
        "    copy(pos 0, n 1) = 1\n    write_end(pos 0, n 1, copied 1)\n",
        "hooks under ref's loop: write_end.size_covers_before_unlock: accepted_end = 1, file_size "
        "= "
        "0, folio_dirty = 1\n",
        "of 2000, seed 7: repeat it with --gtest_random_seed=7"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "in\n" << text;
}

TEST(WriteHooksMistake, AWaitIsToldWithTheLocksHeld) {
  const std::string text =
      check_write_hooks<WholeFolioHooks<HooksMistake::locks_map_first>>({.seed = 7});
  EXPECT_NE(text.find("\n        waits, with block map 0 held\n"), std::string::npos) << text;
}

TEST(WriteHooksMistake, SameSeedTellsTheSame) {
  using Hooks = WholeFolioHooks<HooksMistake::accepts_short_copies>;
  EXPECT_EQ(check_write_hooks<Hooks>({.seed = 3}), check_write_hooks<Hooks>({.seed = 3}));
}

}  // namespace
}  // namespace quire::props
