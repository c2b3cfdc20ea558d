// Batches over several folios, one of which fails or ends its batch.
#include "impl/file/write_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

namespace quire::tests {
namespace {

using Number = std::uint64_t;
constexpr Number kNone = ~Number{0};

/// Folios of a page in a file whose source can be read up to `readable`, and whose folio `failing`
/// fails at its end. No folio is uptodate.
struct ScriptedHooks {
  struct Folio : spec::Begun<Number> {
    bool ends_batch = false;
  };
  static constexpr std::size_t kBatchFolios = 3;

  Number total;
  Number readable = kNone;
  Number failing = kNone;        ///< by its number in the file
  Number last_of_batch = kNone;  ///< by its number in the file
  Number consumed = 0;
  int batches = 0;

  spec::IterState<Number> iter() const { return {total - consumed, consumed, total - consumed}; }
  void throttle() {}
  Number fault_in(Number n) const { return n - std::min(n, readable - consumed); }
  bool fatal_signal() const { return batches > 10; }
  Folio write_begin(Number pos, Number) const {
    const Number start = spec::round_down(pos, Number{spec::kPageSize});
    return {{0, start, start + spec::kPageSize}, start == last_of_batch * spec::kPageSize};
  }
  Number copy(Folio&, Number, Number n) {
    const Number copied = std::min(n, readable - consumed);
    consumed += copied;
    return copied;
  }
  Number write_end(Folio& folio, Number, Number n, Number copied) const {
    if (folio.folio_pos == failing * spec::kPageSize) return spec::error(EIO);
    return copied == n ? n : 0;
  }
  void revert(Number n) { consumed -= n; }
  void attempt_begins(const spec::LoopState<Number>&) {}
  void attempt_ends(const spec::LoopState<Number>&, bool) { ++batches; }
};

Number write(ScriptedHooks& hooks) {
  spec::LoopState<Number> last{};
  return impl::perform_write<Number>(last, hooks, 0);
}

TEST(Batch, FailureOfALaterFolioEndsTheWriteThere) {
  ScriptedHooks hooks{.total = 3 * spec::kPageSize, .failing = 1};
  EXPECT_EQ(write(hooks), spec::kPageSize);
  EXPECT_EQ(hooks.consumed, spec::kPageSize);
}

// The proof both.write_loop.batch_accepts_what_ref_accepts found that it did.
TEST(Batch, FailureOfALaterFolioDoesNotFailARejectedCopyBeforeIt) {
  ScriptedHooks hooks{.total = 3 * spec::kPageSize, .readable = 100, .failing = 1};
  EXPECT_EQ(write(hooks), 100u);
  EXPECT_EQ(hooks.consumed, 100u);
}

TEST(Batch, FailureOfTheFirstFolioIsReturned) {
  ScriptedHooks hooks{.total = 3 * spec::kPageSize, .failing = 0};
  EXPECT_EQ(write(hooks), spec::error(EIO));
  EXPECT_EQ(hooks.consumed, 0u);
}

TEST(Batch, GoesOnUntilItIsFull) {
  ScriptedHooks hooks{.total = 5 * spec::kPageSize};
  EXPECT_EQ(write(hooks), 5 * spec::kPageSize);
  EXPECT_EQ(hooks.batches, 2);
}

TEST(Batch, EndsBehindAFolioThatLetsNoOtherFollow) {
  ScriptedHooks hooks{.total = 5 * spec::kPageSize, .last_of_batch = 0};
  EXPECT_EQ(write(hooks), 5 * spec::kPageSize);
  EXPECT_EQ(hooks.batches, 3);
}

}  // namespace
}  // namespace quire::tests
