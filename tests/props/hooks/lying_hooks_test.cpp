// Each rule that write hooks are held to refutes hooks that break it.
#include "props/hooks/hooks_laws.h"
#include "props/hooks/hooks_run.h"
#include "spec/locks/steps.h"
#include "spec/write/audit.h"
#include "spec/write/failed_call.h"
#include "spec/write/file_write.h"
#include "spec/write/write_begin_end.h"
#include "spec/write/write_loop.h"
#include "tests/props/hooks/refuted_hooks.h"
#include "tests/props/hooks/whole_folio_hooks.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>

namespace quire::props {
namespace {

using Number = std::uint64_t;

/// Sound hooks; each test breaks them in one place.
struct SoundHooks : WholeFolioHooks<> {
  using Sound = SoundHooks;
  explicit SoundHooks(HookedFile& on) : WholeFolioHooks<>(on), file(on) {}
  HookedFile& file;
};

struct BeginsUnlocked : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error == 0) file.unlock_folio(*begun.folio);
    return begun;
  }
};
TEST(LyingHooks, BeginsUnlocked) { expect_hooks_refuted<BeginsUnlocked>(kBeginLocksItsFolio); }

struct KeepsTheMapLocked : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error == 0) file.lock(spec::rank_of<spec::BlockMapLock>, 0);
    return begun;
  }
};
TEST(LyingHooks, KeepsTheMapLocked) {
  expect_hooks_refuted<KeepsTheMapLocked>(kBeginLocksItsFolio);
}

struct AnswersTheNextFolio : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    begun.folio_pos += 4096;
    return begun;
  }
};
TEST(LyingHooks, AnswersTheNextFolio) {
  expect_hooks_refuted<AnswersTheNextFolio>(kBeginLocksItsFolio);
}

struct PreparesNothing : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    begun.end = pos;
    return begun;
  }
};
TEST(LyingHooks, PreparesNothing) {
  expect_hooks_refuted<PreparesNothing>(spec::contains_pos.text);
}

struct PreparesPastTheFolio : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error == 0) begun.end = begun.folio->end() + 1;
    return begun;
  }
};
TEST(LyingHooks, PreparesPastTheFolio) {
  expect_hooks_refuted<PreparesPastTheFolio>(spec::contains_pos.text);
}

/// An error behind bytes that were taken is answered as a folio without any.
struct LosesTheError : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error != 0 && pos % 4096 == 0 && pos != 0) {
      begun.folio = file.lock_folio(pos, want);
      if (begun.folio == nullptr) return begun;
      begun = {{0, begun.folio->pos(), pos}, begun.folio};
    }
    return begun;
  }
};
TEST(LyingHooks, LosesTheError) { expect_hooks_refuted<LosesTheError>(spec::contains_pos.text); }

struct InventsAnError : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    if (pos >= 4096) return {{spec::error(EIO), 0, 0}};
    return Sound::write_begin(pos, want);
  }
};
TEST(LyingHooks, InventsAnError) { expect_hooks_refuted<InventsAnError>(kErrorHasACause); }

struct AnswersAPositiveErrno : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error != 0) begun.error = -begun.error;
    return begun;
  }
};
TEST(LyingHooks, AnswersAPositiveErrno) {
  expect_hooks_refuted<AnswersAPositiveErrno>(kErrorHasACause);
}

struct ReadsNoEdge : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    HookedFolio* const folio = file.lock_folio(pos, want);
    if (folio == nullptr) return {{spec::error(ENOMEM), 0, 0}};
    return {{0, folio->pos(), std::min(pos + want, folio->end())}, folio};
  }
};
TEST(LyingHooks, ReadsNoEdge) { expect_hooks_refuted<ReadsNoEdge>(spec::edges_are_uptodate.text); }

/// A new block shows what its memory held before.
struct ZeroesNoHole : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    HookedFolio* const folio = file.lock_folio(pos, want);
    if (folio == nullptr) return {{spec::error(ENOMEM), 0, 0}};
    const bool stale = !folio->is_uptodate(folio->pos(), folio->end());
    if (stale) folio->mark_uptodate(folio->pos(), folio->end());
    file.unlock_folio(*folio);
    return Sound::write_begin(pos, want);
  }
};
TEST(LyingHooks, ZeroesNoHole) {
  expect_hooks_refuted<ZeroesNoHole>(spec::cache_is_zero_past_the_end.text);
}

struct TakesAFailedReadForGood : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error != spec::error(EIO)) return begun;
    HookedFolio* const folio = file.lock_folio(pos, want);
    const Number past = std::clamp(file.size(), folio->pos(), folio->end());
    std::ranges::fill(folio->bytes(past, folio->end()), std::byte{0});
    folio->mark_uptodate(folio->pos(), folio->end());
    return {{0, folio->pos(), std::min(pos + want, folio->end())}, folio};
  }
};
TEST(LyingHooks, TakesAFailedReadForGood) {
  expect_hooks_refuted<TakesAFailedReadForGood>(spec::other_bytes_stay.text);
}

struct RaisesTheSizeFirst : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    if (file.size() < pos + want) file.set_size(pos + want);
    return Sound::write_begin(pos, want);
  }
};
TEST(LyingHooks, RaisesTheSizeFirst) {
  expect_hooks_refuted<RaisesTheSizeFirst>(spec::size_covers_write.text);
}

struct LeavesItLocked : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    if (copied == n) return Sound::write_end(begun, pos, n, copied);
    file.unreserve(begun.reserved);
    return 0;
  }
};
TEST(LyingHooks, LeavesItLocked) { expect_hooks_refuted<LeavesItLocked>(kEndUnlocksItsFolio); }

struct UnlocksTwice : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    const Number accepted = Sound::write_end(begun, pos, n, copied);
    file.unlock_folio(*begun.folio);
    return accepted;
  }
};
TEST(LyingHooks, UnlocksTwice) {
  expect_hooks_refuted<UnlocksTwice>({"", "", "A thread drops only locks that it holds.", "LK-1"});
}

struct ClaimsMoreThanCopied : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    Sound::write_end(begun, pos, n, copied);
    return n;
  }
};
TEST(LyingHooks, ClaimsMoreThanCopied) {
  expect_hooks_refuted<ClaimsMoreThanCopied>(spec::accepts_what_was_copied.text);
}

struct RejectsShortCopies : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    return Sound::write_end(begun, pos, n, copied == n ? copied : 0);
  }
};
TEST(LyingHooks, RejectsShortCopies) {
  expect_hooks_refuted<RejectsShortCopies>(spec::good_copy_is_accepted.text);
}

struct MarksNothingDirty : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    const bool good = copied == n || begun.folio->is_uptodate(pos, pos + n);
    if (good) begun.folio->mark_uptodate(pos, pos + n);
    if (good && file.size() < pos + copied) file.set_size(pos + copied);
    file.unreserve(begun.reserved);
    file.unlock_folio(*begun.folio);
    return good ? copied : 0;
  }
};
TEST(LyingHooks, MarksNothingDirty) {
  expect_hooks_refuted<MarksNothingDirty>(spec::dirties_what_it_wrote.text);
}

struct KeepsTheReservation : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    if (copied < n) begun.reserved = 0;
    return Sound::write_end(begun, pos, n, copied);
  }
};
TEST(LyingHooks, KeepsTheReservation) {
  expect_hooks_refuted<KeepsTheReservation>(spec::reservations_back_dirty_blocks.text);
}

struct TakesSpaceAndFails : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error == spec::error(ENOMEM)) (void)file.reserve(1);
    return begun;
  }
};
TEST(LyingHooks, TakesSpaceAndFails) {
  expect_hooks_refuted<TakesSpaceAndFails>(spec::reservations_back_dirty_blocks.text);
}

struct ChangesTheByteBefore : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    if (copied == n && begun.folio->pos() < pos) {
      std::byte& before = begun.folio->bytes(pos - 1, pos)[0];
      if (before == std::byte{0}) before = std::byte{1};
    }
    return Sound::write_end(begun, pos, n, copied);
  }
};
TEST(LyingHooks, ChangesTheByteBefore) {
  expect_hooks_refuted<ChangesTheByteBefore>(spec::gap_reads_zero.text);
}

struct DirtiesWhatIsStale : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error == 0 && !begun.folio->is_uptodate(pos, begun.end))
      begun.folio->mark_dirty(pos, begun.end);
    return begun;
  }
};
TEST(LyingHooks, DirtiesWhatIsStale) {
  expect_hooks_refuted<DirtiesWhatIsStale>(spec::dirty_block_is_uptodate.text);
}

struct DirtiesItAfterTheUnlock : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    const Number accepted = Sound::write_end(begun, pos, n, copied);
    if (accepted != 0) begun.folio->mark_dirty(pos, pos + accepted);
    return accepted;
  }
};
TEST(LyingHooks, DirtiesItAfterTheUnlock) {
  expect_hooks_refuted<DirtiesItAfterTheUnlock>(kUsesFoliosUnderLock);
}

struct ZeroesPastTheFolio : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    if (copied < n) std::ranges::fill(begun.folio->bytes(pos, pos + n + 4096), std::byte{0});
    return Sound::write_end(begun, pos, n, copied);
  }
};
TEST(LyingHooks, ZeroesPastTheFolio) {
  expect_hooks_refuted<ZeroesPastTheFolio>(kUsesFoliosUnderLock);
}

struct ThrowsWithoutMemory : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    Folio begun = Sound::write_begin(pos, want);
    if (begun.error == spec::error(ENOMEM)) throw std::bad_alloc();
    return begun;
  }
};
TEST(LyingHooks, ThrowsWithoutMemory) { expect_hooks_refuted<ThrowsWithoutMemory>(kThrowsNothing); }

struct ThrowsANumber : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number, Number, Number) {
    file.unlock_folio(*begun.folio);
    throw 7;
  }
};
TEST(LyingHooks, ThrowsANumber) { expect_hooks_refuted<ThrowsANumber>(kThrowsNothing); }

/// Sound as long as one folio is begun at a time: a second one waits below the first.
struct LocksOutTruncates : SoundHooks {
  using SoundHooks::SoundHooks;
  Folio write_begin(Number pos, Number want) {
    const HookedLock<spec::InvalidateLock> out(file);
    return Sound::write_begin(pos, want);
  }
};
TEST(LyingHooks, OneThatLocksOutTruncatesIsFoundByTheLoopThatBeginsSeveralFolios) {
  expect_hooks_refuted<LocksOutTruncates>(spec::acquires_in_order.text);
  const std::string text = check_write_hooks<LocksOutTruncates>({.seed = 1});
  EXPECT_NE(text.find("hooks under impl's loop"), std::string::npos) << text;
}

/// Sound: its write_end may fail. It zeroes all past the end that may have been copied: where a
/// write_end before it fails, impl's loop gives up this copy, and says 0.
struct EndsMayFail : SoundHooks {
  using SoundHooks::SoundHooks;
  Number write_end(Folio& begun, Number pos, Number n, Number copied) {
    if (const Number past = std::max(file.size(), pos + copied); past < pos + n)
      std::ranges::fill(begun.folio->bytes(past, pos + n), std::byte{0});
    if (file.reserve(0) == 0) return Sound::write_end(begun, pos, n, copied);
    if (const Number past = std::max(file.size(), pos); past < pos + n)
      std::ranges::fill(begun.folio->bytes(past, pos + n), std::byte{0});
    file.unreserve(begun.reserved);
    file.unlock_folio(*begun.folio);
    return spec::error(ENOSPC);
  }
};
TEST(LyingHooks, AnEndMayFail) { EXPECT_EQ(check_write_hooks<EndsMayFail>({.seed = 1}), ""); }

}  // namespace
}  // namespace quire::props
