// The circles that the faults of both.locks.no_circle close are found, and named.
#include "proofs/models/lock_sources.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quire::proofs {
namespace {

/// What is said with a fault built in; without impl's loop, which takes longest and has no part in
/// these.
std::string circle(const std::string& fault) {
  std::vector<LockSource> sources = all_lock_sources();
  std::erase_if(sources, [](const LockSource& s) { return s.who == "impl's write loop"; });
  ExploreOptions options;
  options.broken = fault;
  const Exploration found = explore([&](Explorer& e) { no_circle(e, sources); }, options);
  return found.counterexample ? found.counterexample->says : "not refuted";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(LockProofs, NameTheClassesOfACircleAndWhoWaits) {
  // A page fault of the same file needs the lock that is held around the loop.
  const std::string around = circle("waits for memory with the invalidate lock held");
  EXPECT_TRUE(has(around, "user memory under invalidate lock (")) << around;
  EXPECT_TRUE(has(around, "invalidate lock under user memory (a page fault, in ")) << around;

  const std::string folio = circle("waits for memory with a folio locked");
  EXPECT_TRUE(has(folio, "user memory under folio lock (")) << folio;
  EXPECT_TRUE(has(folio, "folio lock under user memory (a page fault, in the page)")) << folio;

  const std::string iolock = circle("takes the iolock under a folio lock");
  EXPECT_TRUE(has(iolock, "iolock under folio lock (")) << iolock;
  EXPECT_TRUE(has(iolock, "folio lock under iolock (")) << iolock;

  const std::string log = circle("waits for space in the log under its block map");
  EXPECT_TRUE(has(log, "transaction under block map (iomap's iteration, in begin)")) << log;
  EXPECT_TRUE(has(log, "block map under transaction (")) << log;
}

TEST(LockProofs, KnowWhoEndsAWaitForRoom) {
  const std::string room = circle("makes room with its page locked");
  EXPECT_TRUE(has(room, "volume gc under folio lock (F2FS's write, in write_begin)")) << room;
  EXPECT_TRUE(has(room, "folio lock under volume gc (F2FS's collection of garbage, in ")) << room;

  const std::string node = circle("dirties a node under the space lock");
  EXPECT_TRUE(has(node, "node under space lock (F2FS's write, in a reservation)")) << node;
  EXPECT_TRUE(has(node, "space lock under node (F2FS's ")) << node;
}

TEST(LockProofs, NameASecondLockOfOneClass) {
  // The release of what a failed zeroing did not use, and a scan that comes to its caller's file.
  const std::string again = circle("takes the invalidate lock again");
  EXPECT_TRUE(has(again, "invalidate lock under invalidate lock (")) << again;
  const std::string scan = circle("keeps its IOLOCK");
  EXPECT_TRUE(has(scan, "iolock under iolock (XFS's write, in ")) << scan;
  const std::string cluster = circle("locks a cluster's pages from its end");
  EXPECT_TRUE(has(cluster, "folio lock under folio lock (F2FS's write, in ")) << cluster;
}

TEST(LockProofs, FindNoCircleWithoutAFault) { EXPECT_EQ(circle(""), "not refuted"); }

}  // namespace
}  // namespace quire::proofs
