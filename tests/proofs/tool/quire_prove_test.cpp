// The contract of quire-prove's command line: exit codes, tables, files.
#include "proofs/tool/command.h"

#include "proofs/obligations/obligations.h"
#include "proofs/tool/crew.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <latch>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace quire::tests {
namespace {

namespace fs = std::filesystem;
using proofs::Bits;
using proofs::Explorer;
using proofs::Obligation;

Obligation obligation(const std::string& name, std::function<void(Explorer&)> body) {
  return {.name = name, .tag = "T-1", .subject = "ref", .says = name + " says so.", .body = body};
}

const Obligation kTrue = obligation("ref.true", [](Explorer& e) {
  Bits x = e.fresh("x");
  e.assume("x is below 10.", x < 10);
  if (e.broken("adds one")) x = x + 1;
  e.claim("x is below 10.", x < 10);
});
const Obligation kFalse = obligation("ref.false", [](Explorer& e) {
  const Bits x = e.fresh("x");
  e.assume("x is not far below 0.", ~x < 14);
  e.claim("x is not -14.", x != Bits{~std::uint64_t{13}});
});
const Obligation kBounded{
    .name = "ref.bounded",
    .tag = "T-2",
    .subject = "ref",
    .says = "It is below.",
    .bound = "numbers below 10",
    .body = [](Explorer& e) {
      Bits x = e.fresh("x");
      e.assume("x is below 10 (T-2).", x < 10);
      e.assume("y is below 10 (T-2).", e.fresh("y") < 10);
      if (e.broken("adds one")) x = x + 1;
      e.claim("x is below.", x < 10);
    }};
const Obligation kVacuous =
    obligation("ref.vacuous", [](Explorer& e) { e.assume("Nothing is so.", false); });
const Obligation kThrows = obligation("ref.throws", [](Explorer&) { throw std::logic_error{"!"}; });

struct Ran {
  int exit;
  std::string out;
  std::string err;
};

Ran run(
    const std::vector<std::string>& arguments, const std::vector<Obligation>& obligations,
    bool terminal = false) {
  std::ostringstream out, err;
  const int exit = proofs::prove_command(arguments, obligations, {out, err, terminal, terminal});
  return {exit, out.str(), err.str()};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A folder that is gone after the test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("quire_prove_test." + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string read(const fs::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(QuireProve, ExitsByTheWorstVerdict) {
  EXPECT_EQ(run({}, {kTrue}).exit, 0);
  EXPECT_EQ(run({}, {kTrue, kThrows}).exit, 4);
  EXPECT_EQ(run({}, {kTrue, kVacuous}).exit, 1);
  EXPECT_EQ(run({}, {kThrows, kFalse, kTrue}).exit, 1);
}

TEST(QuireProve, ExitsWithTwoOnBadUsage) {
  EXPECT_EQ(run({"--no-such-option"}, {kTrue}).exit, 2);
  EXPECT_EQ(run({"--timeout", "soon"}, {kTrue}).exit, 2);
  EXPECT_EQ(run({"--timeout", "0"}, {kTrue}).exit, 2);
  EXPECT_EQ(run({"--solver", "guess"}, {kTrue}).exit, 2);
  EXPECT_TRUE(contains(run({"--solver", "guess"}, {kTrue}).err, "guess"));
}

TEST(QuireProve, NamesTheGlobThatMatchesNothing) {
  const Ran ran = run({"--only", "ref.*", "--only", "impl.*"}, {kTrue});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_TRUE(contains(ran.err, "'impl.*'")) << ran.err;
  EXPECT_EQ(ran.out, "");
}

TEST(QuireProve, NamesTheFileThatCannotBeWritten) {
  const Folder folder;
  const std::string nowhere = folder / "nowhere/report.json";
  const Ran json = run({"--json", nowhere}, {kTrue});
  EXPECT_EQ(json.exit, 2);
  EXPECT_TRUE(contains(json.err, nowhere)) << json.err;
  EXPECT_EQ(json.out, "") << "found out before the work, not after it";

  const std::string file = folder / "file";
  std::ofstream{file} << "not a folder";
  const Ran smt2 = run({"--smt2", file}, {kTrue});
  EXPECT_EQ(smt2.exit, 2);
  EXPECT_TRUE(contains(smt2.err, file)) << smt2.err;
}

TEST(QuireProve, ProvesOnlyWhatIsChosen) {
  const Ran ran = run({"--only", "*.t?ue"}, {kFalse, kTrue});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_FALSE(contains(ran.out, "ref.false"));
  EXPECT_TRUE(ran.out.ends_with("\n1 proven, 0 refuted, 0 undecided\n")) << ran.out;
}

TEST(QuireProve, PrintsTheCounterexampleFieldByField) {
  const Ran ran = run({}, {kTrue, kFalse});
  EXPECT_TRUE(contains(ran.out, "does not hold: x is not -14.\n")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "    x = 0xfffffffffffffff2 = -14\n")) << ran.out;
  EXPECT_TRUE(ran.out.ends_with("\n1 proven, 1 refuted, 0 undecided\n")) << ran.out;
}

TEST(QuireProve, RowsStandInTheOrderOfTheList) {
  const Ran ran = run({}, {kTrue, kFalse, kVacuous, kThrows});
  EXPECT_LT(ran.out.find("ref.true "), ran.out.find("ref.false "));
  EXPECT_LT(ran.out.find("ref.false "), ran.out.find("ref.vacuous "));
  EXPECT_LT(ran.out.find("ref.vacuous "), ran.out.find("ref.throws "));
}

TEST(QuireProve, NamesTheBoundBehindTheVerdict) {
  const Ran ran = run({}, {kTrue, kBounded});
  EXPECT_TRUE(contains(ran.out, "proven\n")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "proven       numbers below 10\n")) << ran.out;
}

TEST(QuireProve, TellsWhatEachProofRestsOn) {
  const std::string needs = "    needs:          x is below 10 (T-2).\n";
  const std::string does_not = "    does not need:  y is below 10 (T-2).\n";
  const Ran ran = run({"--assumptions"}, {kBounded});
  EXPECT_TRUE(contains(ran.out, needs + does_not)) << ran.out;
  EXPECT_FALSE(contains(run({}, {kBounded}).out, needs));
}

TEST(QuireProve, ReportsTheAssumptionThatNoObligationNeeds) {
  const std::string line = "No obligation needs: y is below 10 (T-2). (ref.bounded)\n";
  EXPECT_TRUE(contains(run({}, {kBounded}).out, line)) << run({}, {kBounded}).out;
  EXPECT_FALSE(contains(run({}, {kBounded}).out, "needs: x"));
  EXPECT_FALSE(contains(run({"--only", "ref.b*"}, {kBounded, kTrue}).out, "No obligation needs"))
      << "another may need it";
  EXPECT_FALSE(contains(run({}, {kBounded, kFalse}).out, "No obligation needs"))
      << "what is not proven may need it";
}

TEST(QuireProve, TellsVersionsTimeAndMemory) {
  const std::string out = run({}, {kTrue}).out;
  EXPECT_TRUE(contains(out, "\nZ3 4.")) << out;
  EXPECT_TRUE(contains(out, " s; ")) << out;
  EXPECT_TRUE(contains(out, " MiB at most\n1 proven, ")) << out;
}

/// Many numbers with many factors each.
TEST(QuireProve, WhatTakesTooMuchMemoryIsUndecidedAndSaysSo) {
  const Obligation hungry = obligation("ref.hungry", [](Explorer& e) {
    Bits all{1};
    for (int i = 0; i < 40; ++i) {
      const Bits x = e.fresh("x"), y = e.fresh("y");
      all = all + product(product(x, y), product(y, x + 3)) + quotient(y, x);
    }
    e.claim("No.", all != 12345);
  });
  const Ran ran = run({"--memory", "16", "--timeout", "20"}, {hungry});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_TRUE(contains(ran.out, "because: Z3 takes more than 16 MiB\n")) << ran.out;
  EXPECT_EQ(run({}, {kTrue}).exit, 0) << "what comes after it is as ever";
}

TEST(Crew, BeginsWithWhatTakesLongest) {
  std::vector<Obligation> obligations(3, kTrue);
  obligations[0].name = "short";
  obligations[1].effort = 5;
  obligations[2].effort = 3;
  std::mutex mutex;
  std::vector<std::string> begun;
  std::latch both{2};
  {
    proofs::Crew crew{obligations, [&](const Obligation& o) {
                        {
                          const std::lock_guard lock{mutex};
                          begun.push_back(o.name);
                        }
                        if (o.effort > 1) both.arrive_and_wait();
                        return proofs::Report{};
                      }};
    for (std::size_t i = 0; i < 3; ++i) {
      while (!crew.wait_for(i, std::chrono::milliseconds{100})) {
      }
    }
  }
  ASSERT_EQ(begun.size(), 3u);
  EXPECT_EQ(begun.back(), "short");
}

TEST(QuireProve, ListsSentencesAndProvesNothing) {
  const Ran ran = run({"--list"}, {kTrue, kThrows});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(
      ran.out,
      "ref.true [T-1] ref\n  ref.true says so.\nref.throws [T-1] ref\n  ref.throws says so.\n");
}

TEST(QuireProve, HelpTeachesByExample) {
  const Ran ran = run({"--help"}, {});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_TRUE(contains(ran.out, "quire-prove --only 'ref.*'")) << ran.out;
  EXPECT_TRUE(contains(ran.out, "Exit codes")) << ran.out;
}

TEST(QuireProve, ColoursAndProgressAreForTerminals) {
  const Ran piped = run({}, {kTrue});
  EXPECT_FALSE(contains(piped.out + piped.err, "\033"));
  EXPECT_EQ(piped.err, "");
  const Ran seen = run({}, {kTrue}, true);
  EXPECT_TRUE(contains(seen.out, "\033[32mproven\033[0m")) << seen.out;
  EXPECT_TRUE(contains(seen.err, "of 1 done")) << seen.err;
}

TEST(QuireProve, WritesJson) {
  const Folder folder;
  const std::string path = folder / "report.json";
  EXPECT_EQ(run({"--json", path}, {kTrue, kFalse}).exit, 1);
  const auto json = nlohmann::json::parse(read(path));
  EXPECT_EQ(json.at("proven"), 1);
  EXPECT_TRUE(std::string{json.at("solver")}.starts_with("z3 4."));
  const auto& proven = json.at("obligations").at(0);
  EXPECT_EQ(proven.at("name"), "ref.true");
  EXPECT_EQ(proven.at("verdict"), "proven");
  EXPECT_EQ(proven.at("paths"), 1);
  EXPECT_EQ(proven.at("controls").at(0).at("by"), "x is below 10.");
  const auto& input = json.at("obligations").at(1).at("counterexample").at("inputs").at(0);
  EXPECT_EQ(input.at("name"), "x");
  EXPECT_EQ(input.at("value").get<std::uint64_t>(), ~std::uint64_t{13});
}

TEST(QuireProve, WritesWhatAProofTookAndRestsOnAsJson) {
  const Folder folder;
  const std::string path = folder / "report.json";
  EXPECT_EQ(run({"--json", path, "--solver", "both"}, {kBounded}).exit, 0);
  const auto json = nlohmann::json::parse(read(path));
  EXPECT_TRUE(std::string{json.at("second_solver")}.starts_with("cvc5 "));
  EXPECT_GT(json.at("memory_mib"), 0);
  EXPECT_GT(json.at("second_memory_mib"), 0);
  EXPECT_EQ(json.at("unneeded_assumptions").at(0), "y is below 10 (T-2). (ref.bounded)");
  const auto& bounded = json.at("obligations").at(0);
  EXPECT_EQ(bounded.at("bound"), "numbers below 10");
  EXPECT_EQ(bounded.at("assumptions"), nlohmann::json::parse(R"([
        {"says": "x is below 10 (T-2).", "needed": true},
        {"says": "y is below 10 (T-2).", "needed": false}])"));
  EXPECT_EQ(bounded.at("second").at("asked"), bounded.at("second").at("agreed"));
  EXPECT_FALSE(bounded.at("second").at("disagreed").get<bool>());
  EXPECT_GT(bounded.at("second").at("seconds"), 0);
  EXPECT_NEAR(
      bounded.at("seconds"),
      bounded.at("z3_seconds").get<double>() + bounded.at("second").at("seconds").get<double>(),
      1e-9);
}

/// The files say what they ask and what Z3 answered; asked again, it says the same.
TEST(QuireProve, WritesItsQuestionsAsSmtLib) {
  const Folder folder;
  EXPECT_EQ(run({"--smt2", folder / "queries"}, {kTrue}).exit, 0);
  std::size_t claims = 0;
  for (const auto& entry : fs::directory_iterator{folder / "queries/ref.true"}) {
    const std::string name = entry.path().filename();
    const std::string text = read(entry.path());
    claims += contains(name, ".claim.");
    EXPECT_TRUE(text.starts_with("; ref.true: ref.true says so.\n")) << text;
    EXPECT_TRUE(contains(text, "(check-sat)")) << text;
    z3::context c;
    z3::solver solver{c};
    solver.from_string(text.c_str());
    const z3::check_result answer = solver.check();
    EXPECT_TRUE(contains(name, answer == z3::sat ? ".sat." : ".unsat.")) << name << '\n' << text;
  }
  EXPECT_EQ(claims, 2u) << "one of the proof, one of its control";
}

TEST(QuireProve, ProvesTheArithmeticOfTheModel) {
  EXPECT_EQ(run({}, proofs::word_obligations()).exit, 0);
}

TEST(QuireProve, AnswersFiveWhereWhatItSaysIsLost) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--list"}, {"--help"}, {}}) {
    std::ofstream full{"/dev/full"};
    std::ostringstream err;
    EXPECT_EQ(proofs::prove_command(arguments, {kTrue, kFalse}, {full, err}), 5);
    // The cause is gone where the stream met it before its last flush.
    EXPECT_TRUE(err.str().starts_with("quire-prove: standard output cannot be written: "))
        << err.str();
  }
  const Ran json = run({"--json", "/dev/full"}, {kTrue});
  EXPECT_EQ(json.exit, 5);
  EXPECT_TRUE(contains(json.err, "cannot write /dev/full")) << json.err;
  EXPECT_EQ(run({"--vectors", "/dev/full"}, {kTrue}).exit, 5);
}

}  // namespace
}  // namespace quire::tests
