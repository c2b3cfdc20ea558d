// cvc5 gets the questions that a proof needs, and a disagreement is reported.
#include "proofs/solvers/second_opinion.h"

#include "proofs/tool/command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <stdlib.h>
#include <unistd.h>

namespace quire::tests {
namespace {

namespace fs = std::filesystem;
using proofs::Bits;
using proofs::Explorer;
using proofs::Obligation;

constexpr const char* kCannotBe = R"((set-logic QF_BV)
(declare-const x (_ BitVec 64))
(assert (bvult x (_ bv10 64)))
(assert (bvult (_ bv10 64) x))
(check-sat)
)";
constexpr const char* kCanBe = R"((set-logic QF_BV)
(declare-const x (_ BitVec 64))
(assert (bvult x (_ bv10 64)))
(check-sat)
)";

constexpr proofs::Cvc5Limits kLimits{.question_ms = 10'000, .memory_mib = 1024};

std::string read(const fs::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The file of a question, from a reason or from an output with one.
fs::path kept_in(const std::string& text) {
  const std::string says = "it is kept as ";
  const std::size_t at = text.find(says);
  if (at == std::string::npos) return {};
  return text.substr(at + says.size(), text.find('\n', at) - at - says.size());
}
void forget(const std::string& text) { EXPECT_TRUE(fs::remove(kept_in(text))) << text; }
void forget(const proofs::Opinion& opinion) { forget(opinion.reason); }

TEST(SecondOpinion, AgreesToAContradiction) {
  proofs::SecondOpinion second{kLimits};
  second.hear({"claim", "unsat", kCannotBe});
  second.hear({"branch", "unsat", kCannotBe});
  const proofs::Opinion opinion = second.ask();
  EXPECT_EQ(opinion.asked, 2u);
  EXPECT_EQ(opinion.agreed, 2u);
  EXPECT_EQ(opinion.reason, "");
}

TEST(SecondOpinion, ReportsTheAnswerThatItDoesNotAgreeTo) {
  proofs::SecondOpinion second{kLimits};
  second.hear({"claim", "unsat", kCannotBe});
  second.hear({"branch", "unsat", kCanBe});
  const proofs::Opinion opinion = second.ask();
  EXPECT_EQ(opinion.agreed, 1u);
  EXPECT_TRUE(opinion.disagreed);
  const std::string says =
      "disagreement: cvc5 says sat, and Z3 unsat, to question 2 of 2, a branch; it is kept as ";
  ASSERT_TRUE(opinion.reason.starts_with(says)) << opinion.reason;
  const fs::path kept = opinion.reason.substr(says.size());
  EXPECT_EQ(read(kept), kCanBe);
  fs::remove(kept);
}

TEST(SecondOpinion, IsNotAskedForModels) {
  proofs::SecondOpinion second{kLimits};
  second.hear({"branch", "sat", kCanBe});
  second.hear({"assumption", "unknown", kCanBe});
  EXPECT_EQ(second.ask().asked, 0u);
}

TEST(SecondOpinion, QuotesCvc5OnAScriptThatItCannotRead) {
  proofs::SecondOpinion second{kLimits};
  second.hear({"claim", "unsat", "(set-logic QF_BV)\n(assert nonsense)\n(check-sat)\n"});
  const proofs::Opinion opinion = second.ask();
  EXPECT_FALSE(opinion.disagreed);
  EXPECT_NE(opinion.reason.find("cvc5 says unknown"), std::string::npos) << opinion.reason;
  EXPECT_NE(opinion.reason.find("nonsense"), std::string::npos) << opinion.reason;
  forget(opinion);
}

struct Ran {
  int exit;
  std::string out;
};

Ran run(const std::string& solver, bool holds) {
  const Obligation obligation{
      .name = "ref.below",
      .tag = "T-1",
      .subject = "ref",
      .says = "It is below.",
      .body = [holds](Explorer& e) {
        Bits x = e.fresh("x");
        e.assume("x is below 10.", x < 10);
        if (e.broken("adds one")) x = x + 1;
        e.claim("x is below.", x < (holds ? 10 : 9));
      }};
  std::ostringstream out, err;
  const int exit =
      proofs::prove_command({"--solver", solver}, {obligation}, {out, err, false, false});
  return {exit, out.str()};
}

TEST(SecondOpinion, DecidesWithZ3OrAlone) {
  EXPECT_EQ(run("both", true).exit, 0);
  EXPECT_EQ(run("cvc5", true).exit, 0);
  EXPECT_EQ(run("both", false).exit, 1) << "Z3's counterexample was evaluated";
  const Ran alone = run("cvc5", false);
  EXPECT_EQ(alone.exit, 4) << "cvc5 says sat, and gives no counterexample";
  EXPECT_NE(
      alone.out.find("because: cvc5 says sat to question 1 of 1, a claim; it is kept as "),
      std::string::npos)
      << alone.out;
  forget(alone.out);
}

/// A program named cvc5 that is first in PATH during the lifetime of this object.
class FakeCvc5 {
 public:
  /// does: its shell script, for any call but one for the version.
  explicit FakeCvc5(const std::string& does) {
    fs::create_directories(folder_);
    const fs::path program = folder_ / "cvc5";
    std::ofstream{program} << "#!/bin/sh\n[ \"$1\" = --version ] && echo version 9 && exit\n"
                           << does;
    fs::permissions(program, fs::perms::owner_all);
    ::setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
  }
  ~FakeCvc5() {
    ::setenv("PATH", path_.c_str(), 1);
    fs::remove_all(folder_);
  }
  FakeCvc5(const FakeCvc5&) = delete;
  FakeCvc5& operator=(const FakeCvc5&) = delete;

 private:
  fs::path folder_ = fs::temp_directory_path() / ("fake_cvc5." + std::to_string(::getpid()));
  std::string path_ = ::getenv("PATH");
};

TEST(SecondOpinion, ADisagreementIsUndecidedAndNamesTheQuestion) {
  const FakeCvc5 says_sat{"echo sat"};
  const Ran ran = run("both", true);
  EXPECT_EQ(ran.exit, 4);
  EXPECT_NE(
      ran.out.find("because: disagreement: cvc5 says sat, and Z3 unsat, to question 1 of 1"),
      std::string::npos)
      << ran.out;
  const fs::path kept = kept_in(ran.out);
  EXPECT_NE(read(kept).find("(check-sat)"), std::string::npos) << kept;
  fs::remove(kept);
}

TEST(SecondOpinion, ReportsWhyCvc5GaveNoAnswer) {
  const auto reason = [](const std::string& does) {
    const FakeCvc5 cvc5{does};
    const Ran ran = run("both", true);
    EXPECT_EQ(ran.exit, 4);
    forget(ran.out);
    return ran.out;
  };
  EXPECT_NE(reason("kill -SEGV $$").find("(cvc5 ended by Segmentation fault)"), std::string::npos);
  EXPECT_NE(reason("exit 127").find("(cvc5 cannot be run)"), std::string::npos);
  EXPECT_NE(reason("echo no, thanks").find("(no, thanks)"), std::string::npos);
}

/// A crash costs only its own question: those after it are asked one by one.
TEST(SecondOpinion, AsksTheQuestionsAfterACrashOneByOne) {
  // One answer and then a crash in a script of several; "unsat" for one question alone.
  const FakeCvc5 crashes{
      "for last; do :; done\n"
      "[ $(grep -c check-sat $last) = 1 ] && echo unsat && exit\n"
      "echo unsat; kill -SEGV $$"};
  proofs::SecondOpinion second{kLimits};
  for (int i = 0; i < 3; ++i) second.hear({"claim", "unsat", kCannotBe});
  const proofs::Opinion opinion = second.ask();
  EXPECT_EQ(opinion.agreed, 3u) << opinion.reason;
}

TEST(Cvc5, IsKilledIfItDoesNotKeepItsTimeLimit) {
  const FakeCvc5 sleeps{"exec sleep 100"};
  const proofs::Cvc5Answers said =
      proofs::ask_cvc5("/dev/null", {}, {.question_ms = 100, .memory_mib = 100, .grace_ms = 100});
  EXPECT_EQ(said.answers.size(), 0u);
  EXPECT_EQ(said.words, "cvc5 does not keep its time limit");
}

TEST(Cvc5, HasAHardLimitOfMemory) {
  const FakeCvc5 prints{"ulimit -v"};
  const proofs::Cvc5Limits limits{.question_ms = 1000, .memory_mib = 100};
  EXPECT_EQ(proofs::ask_cvc5("/dev/null", {}, limits).words, "102400");
}

}  // namespace
}  // namespace quire::tests
