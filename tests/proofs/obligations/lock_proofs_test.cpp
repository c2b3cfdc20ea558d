// Each fault of both.locks.no_cycle closes a cycle, and the claim names it.
#include "proofs/models/lock_sources.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quire::proofs {
namespace {

/// The refuted claim with a fault built in. Without impl's loop, which takes longest and is in none
/// of these cycles.
std::string cycle(const std::string& fault) {
  std::vector<LockSource> sources = all_lock_sources();
  std::erase_if(sources, [](const LockSource& s) { return s.who == "impl's write loop"; });
  ExploreOptions options;
  options.broken = fault;
  const Exploration found = explore([&](Explorer& e) { no_cycle(e, sources); }, options);
  return found.counterexample ? found.counterexample->says : "not refuted";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LockProofs, NameTheClassesOfACycleAndWhoWaits) {
  // A page fault of the same file needs the lock that is held around the loop.
  const std::string around = cycle("waits for memory with the invalidate lock held");
  EXPECT_TRUE(has(around, "user memory under invalidate lock (")) << around;
  EXPECT_TRUE(has(around, "invalidate lock under user memory (a page fault, in ")) << around;

  const std::string folio = cycle("waits for memory with a folio locked");
  EXPECT_TRUE(has(folio, "user memory under folio lock (")) << folio;
  EXPECT_TRUE(has(folio, "folio lock under user memory (a page fault, in the page)")) << folio;

  const std::string iolock = cycle("takes the iolock under a folio lock");
  EXPECT_TRUE(has(iolock, "iolock under folio lock (")) << iolock;
  EXPECT_TRUE(has(iolock, "folio lock under iolock (")) << iolock;

  const std::string log = cycle("waits for log space under its block map");
  EXPECT_TRUE(has(log, "transaction under block map (iomap's iteration, in begin)")) << log;
  EXPECT_TRUE(has(log, "block map under transaction (")) << log;
}

TEST(LockProofs, NameTheThreadThatEndsAWaitForBlocks) {
  const std::string blocks = cycle("frees blocks with its page locked");
  EXPECT_TRUE(has(blocks, "volume gc under folio lock (F2FS's write, in write_begin)")) << blocks;
  EXPECT_TRUE(has(blocks, "folio lock under volume gc (F2FS's garbage collection, in ")) << blocks;

  const std::string node = cycle("dirties a node under the space lock");
  EXPECT_TRUE(has(node, "node under space lock (F2FS's write, in a reservation)")) << node;
  EXPECT_TRUE(has(node, "space lock under node (F2FS's ")) << node;
}

TEST(LockProofs, NameASecondLockOfOneClass) {
  // The release of blocks that a failed zeroing did not use, and a scan of the caller's own file.
  const std::string again = cycle("takes the invalidate lock again");
  EXPECT_TRUE(has(again, "invalidate lock under invalidate lock (")) << again;
  const std::string scan = cycle("keeps its IOLOCK");
  EXPECT_TRUE(has(scan, "iolock under iolock (XFS's write, in ")) << scan;
  const std::string cluster = cycle("locks a cluster's pages from its end");
  EXPECT_TRUE(has(cluster, "folio lock under folio lock (F2FS's write, in ")) << cluster;
}

TEST(LockProofs, FindNoCycleWithoutAFault) { EXPECT_EQ(cycle(""), "not refuted"); }

}  // namespace
}  // namespace quire::proofs
