// quire-check reads vectors, runs them, and makes them real.
#include "props/vectors/play_real.h"
#include "props/vectors/real_case.h"
#include "props/vectors/run_vector.h"
#include "props/vectors/vector.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace quire::tests {
namespace {

using props::Vector;

/// One that asks more than six questions.
Vector with_asks(const std::string& run = "impl.batch") {
  for (Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    if (vector.run == run && vector.asks.size() > 6) return vector;
  }
  throw std::logic_error{"no " + run + " asks so much"};
}

TEST(Vectors, OfTheTreeAreWhatTheLoopsDo) {
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    const auto failure = props::run_vector(vector);
    EXPECT_FALSE(failure) << vector.line << "\n" << failure->expected << "\n" << failure->actual;
  }
}

TEST(Vectors, AreOfEveryLoop) {
  std::set<std::string> runs;
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    runs.insert(vector.run);
  }
  const std::set<std::string> all{
      "impl.call",      "impl.batch",          "ref.attempt",  "ref.call",     "ref.iomap_attempt",
      "ref.iomap_call", "ref.iomap_iteration", "ref.xfs_call", "ref.xfs_check"};
  EXPECT_EQ(runs, all);
}

TEST(Vectors, ADifferentQuestionIsNamed) {
  Vector vector = with_asks();
  vector.asks[1] = "fault_in 1";
  const auto failure = props::run_vector(vector);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->expected, "fault_in 1");
  EXPECT_EQ(failure->actual, "throttle");
}

TEST(Vectors, AnotherStateOrAnswerIsNamed) {
  Vector vector = with_asks();
  ++vector.after.at("pos");
  ASSERT_TRUE(props::run_vector(vector));
  --vector.after.at("pos");
  vector.answer ^= 1;
  ASSERT_TRUE(props::run_vector(vector));
}

TEST(Vectors, OfOtherLoopsAreComparedInAllThatTheySay) {
  for (const char* run : {"ref.iomap_attempt", "ref.iomap_call", "ref.xfs_check", "ref.xfs_call"}) {
    const Vector right = with_asks(run);
    ASSERT_FALSE(props::run_vector(right)) << run;
    Vector wrong = right;
    wrong.asks.pop_back();
    EXPECT_EQ(props::run_vector(wrong)->expected, "no further question") << run;
    wrong = right;
    ++wrong.left;
    EXPECT_EQ(props::run_vector(wrong)->actual, "left = " + std::to_string(right.left)) << run;
    for (const auto& [name, value] : right.after) {
      wrong = right;
      ++wrong.after.at(name);
      EXPECT_TRUE(props::run_vector(wrong)) << run << ": " << name;
    }
  }
}

/// A direct write may keep the IOLOCK shared; a buffered one may not.
TEST(Vectors, OfXfsAreHeldToTheClausesOfItsSteps) {
  const Vector vector = props::vector_from(
      R"({"run":"ref.xfs_call","folios":1,"world":{"nowait":[0],"total":[100],"start":[0],)"
      R"("mode":[1],"size":[0,0],"busy":[0],"check_errno":[0],"kept":[100],"appends":[0],)"
      R"("leased":[0],"drops_privileges":[0],"modify_errno":[0],"write_errno":[0],)"
      R"("taken":[100]}})");
  const auto failure = props::run_vector(vector);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->expected, "xfs_write.writes_behind_no_gap");
}

TEST(Vectors, WithoutExpectationsAreHeldToTheClausesAlone) {
  Vector vector = with_asks();
  vector.expects = false;
  vector.asks.clear();
  EXPECT_FALSE(props::run_vector(vector));
}

TEST(Vectors, OfNoLoopAreRefused) {
  Vector vector = with_asks();
  for (const char* run : {"impl.elsewhere", "ref.iomap_elsewhere", "ref.xfs_elsewhere"}) {
    vector.run = run;
    EXPECT_THROW(props::run_vector(vector), std::invalid_argument) << run;
  }
  EXPECT_THROW(props::vector_from("{}"), std::invalid_argument);
  EXPECT_THROW(props::vector_from("no JSON"), std::invalid_argument);
}

/// A call of ref: `run` of the tree whose numbers are these.
Vector call_of(const std::string& run, std::int64_t answer, const std::string& asked_last) {
  for (Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    if (vector.run == run && vector.answer == answer && vector.asks.back() == asked_last &&
        !props::real_form(vector, "").made.empty()) {
      return vector;
    }
  }
  throw std::logic_error{"no such call has a real form"};
}
/// Space runs out behind two pages of three.
Vector runs_out() { return call_of("ref.call", 8192, "write_begin 16384 4096"); }
/// Memory ends inside a stale page: rejected, taken by a retry, and then no byte more.
Vector stops_short() { return call_of("ref.call", 4096 + 1013, "fault_in 3083"); }

const props::Command& last_of(const props::Case& made) { return made.commands.back(); }

TEST(RealVectors, AreAllThatAFileCanMeet) {
  std::map<std::string, int> made;
  std::map<std::string, int> reasons;
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    const props::RealForm form = props::real_form(vector, "");
    EXPECT_EQ(form.made.empty(), !form.why_not.empty());
    const bool moves = !form.made.empty() && !last_of(form.made[0]).ends.empty();
    EXPECT_TRUE(form.made.empty() || form.made.size() == (moves ? 1u : 2u));
    if (moves) ++made["moving memory"];
    if (form.made.empty()) ++reasons[form.why_not];
    if (!form.made.empty()) ++made[vector.run];
  }
  EXPECT_GE(made["ref.call"], 50);
  EXPECT_GE(made["impl.call"], 60);
  EXPECT_GE(made["moving memory"], 30);
  for (const char* why :
       {"a loop of iomap or XFS, that plain files do not run", "starts in the middle of a call",
        "a fatal signal: it would end the program",
        "a write_end that fails: none of ref's or impl's does",
        "a folio that ends inside a page, or is larger than one",
        "a page that turns uptodate, or stale, between two attempts",
        "a stale range with part of a block: that is filled before the copy",
        "space that runs out where a block is there or left",
        "a batch that ends before impl's does"}) {
    EXPECT_GT(reasons[why], 0) << why;
    reasons.erase(why);
  }
  EXPECT_TRUE(reasons.empty()) << reasons.begin()->first;
}

TEST(RealVectors, HaveNoFormWhereAPageChangesBetweenAttempts) {
  // The second page is refused, as only a hole is, and then found uptodate.
  Vector vector = props::vector_from(
      R"({"run":"impl.call","folios":3,"world":{"start":[8192],"total":[8192],"good":[4097],)"
      R"("signal":[0,0],"unreadable":[4095,4095,4095],"folio_room":[4096,4096,4096],)"
      R"("begin_errno":[0,28,0],"uptodate":[0,0,1],"copied":[4096,1],"end_errno":[0,0]},)"
      R"("asks":[],"after":{},"left":0,"answer":4097})");
  EXPECT_EQ(
      props::real_form(vector, "").why_not,
      "a page that turns uptodate, or stale, between two attempts");
  vector.world["copied"].pop_back();
  EXPECT_EQ(props::real_form(vector, "").why_not, "lacks words or an answer");
}

TEST(RealVectors, LeaveAsManyBlocksAsTheirVector) {
  const props::RealForm form = props::real_form(runs_out(), "");
  EXPECT_EQ(form.scripted.blocks, 2u);
  for (const props::Case& made : form.made) {
    ASSERT_EQ(made.commands.size(), 2u);
    EXPECT_EQ(props::total_bytes(made.commands[0]), (made.setting.blocks - 2) * 4096);
    EXPECT_EQ(made.commands[0].file, 1u);
    EXPECT_EQ(last_of(made).answer, 8192);
  }
  EXPECT_EQ(form.made[0].setting.folio_max, 4096u);
  EXPECT_GT(form.made[1].setting.folio_max, 3 * 4096u);
}

TEST(RealVectors, OfAPeerHaveTheirBlocksBeforeTheVolumeIsFull) {
  const props::RealForm form = props::real_form(runs_out(), "xfs");
  ASSERT_EQ(form.made.size(), 1u);
  const auto& commands = form.made[0].commands;
  ASSERT_EQ(commands.size(), 5u);
  EXPECT_EQ(commands[0].action, props::Action::truncate);
  EXPECT_EQ(props::total_bytes(commands[1]), 8192u);
  EXPECT_EQ(commands[2].action, props::Action::fsync);
  EXPECT_EQ(commands[3].action, props::Action::fill);
  EXPECT_EQ(commands[4].answer, 8192);
}

TEST(RealVectors, HaveNoFormOnAPeerWhoseSpaceIsNotExact) {
  for (const char* peer : {"btrfs", "f2fs"}) {
    const props::RealForm form = props::real_form(runs_out(), peer);
    EXPECT_TRUE(form.made.empty());
    EXPECT_TRUE(form.why_not.find(peer) != std::string::npos) << form.why_not;
  }
  const Vector at_once = call_of("ref.call", -ENOSPC, "write_begin 8192 4096");
  EXPECT_FALSE(props::real_form(at_once, "btrfs").made.empty());
}

TEST(RealVectors, HavePagesThatWereWrittenBefore) {
  const std::vector<std::uint64_t> second{12288};
  for (const Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    const props::RealForm form = props::real_form(vector, "");
    if (form.made.empty() || form.scripted.written != second) continue;
    const props::Command& written = form.made[0].commands[0];
    EXPECT_EQ(written.at, 12288);
    EXPECT_EQ(props::total_bytes(written), 4096u);
    EXPECT_EQ(last_of(form.made[0]).memory[0].kind, props::BufferKind::ends_in_prot_none);
    return;
  }
  FAIL() << "no vector has its second page written before";
}

/// The fault-in finds more of the second page than the copy does.
Vector moves() {
  for (Vector& vector : props::vectors_from(props::vectors_of_the_tree())) {
    const props::RealForm form = props::real_form(vector, "");
    if (vector.run != "impl.call" || form.made.empty()) continue;
    const auto& ends = last_of(form.made[0]).ends;
    if (ends.size() > 2 && ends[2] < ends[0] && 4096 < ends[2]) return vector;
  }
  throw std::logic_error{"no memory moves so"};
}

TEST(RealVectors, MoveTheMemoryOfOneLoop) {
  const Vector vector = moves();
  props::RealForm form = props::real_form(vector, "");
  ASSERT_EQ(form.made.size(), 1u);
  props::Command& call = form.made[0].commands.back();
  EXPECT_EQ(call.memory[0].size, call.ends[2]);
  props::RealVectors play;
  EXPECT_FALSE(play.play(vector, form, form.made[0]));
  call.ends[2] = call.ends[0];  // as if it stayed
  EXPECT_TRUE(play.play(vector, form, form.made[0]));
  EXPECT_EQ(
      props::real_form(vector, "xfs").why_not, "memory that goes away between fault-in and copy");
}

TEST(RealVectors, AreHeldToTheirAnswer) {
  props::RealVectors play;
  for (Vector vector : {runs_out(), stops_short()}) {
    props::RealForm form = props::real_form(vector, "");
    for (const props::Case& made : form.made) EXPECT_FALSE(play.play(vector, form, made));
    vector.answer -= 1;
    form = props::real_form(vector, "");
    for (const props::Case& made : form.made) {
      const auto failure = play.play(vector, form, made);
      ASSERT_TRUE(failure);
      EXPECT_EQ(failure->expected, std::to_string(vector.answer));
      EXPECT_EQ(failure->actual, std::to_string(vector.answer + 1));
    }
  }
}

TEST(RealVectors, AreHeldToTheirSteps) {
  props::RealVectors play;
  for (const char* run : {"ref.call", "impl.call"}) {
    const Vector vector = call_of(
        run, 4096 + 1013, run == std::string{"ref.call"} ? "fault_in 3083" : "fault_in 7179");
    const props::RealForm form = props::real_form(vector, "");
    EXPECT_FALSE(play.play(vector, form, form.made[0]));
    props::RealForm other = form;
    ++other.scripted.steps.attempts.at(1).want;
    EXPECT_TRUE(play.play(vector, other, form.made[0]));
    other = form;
    ++other.scripted.steps.iterator.at(1).result;
    EXPECT_TRUE(play.play(vector, other, form.made[0]));
    other = form;
    other.scripted.steps.attempts.pop_back();
    EXPECT_TRUE(play.play(vector, other, form.made[0]));
    other = form;
    ++other.scripted.steps.call->left;
    EXPECT_TRUE(play.play(vector, other, form.made[0]));
  }
}

}  // namespace
}  // namespace quire::tests
