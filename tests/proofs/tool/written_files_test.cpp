// The files that quire-prove writes: JSON, SMT-LIB, and errors when it cannot.
#include "tests/proofs/tool/run_quire_prove.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace quire::tests {
namespace {

namespace fs = std::filesystem;

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

TEST(QuireProveFiles, NamesTheFileThatCannotBeWritten) {
  const Folder folder;
  const std::string nowhere = folder / "nowhere/report.json";
  const Ran json = run({"--json", nowhere}, {kTrue});
  EXPECT_EQ(json.exit, 2);
  EXPECT_TRUE(contains(json.err, nowhere)) << json.err;
  EXPECT_EQ(json.out, "") << "before the proofs, not after them";

  const std::string file = folder / "file";
  std::ofstream{file} << "not a folder";
  const Ran smt2 = run({"--smt2", file}, {kTrue});
  EXPECT_EQ(smt2.exit, 2);
  EXPECT_TRUE(contains(smt2.err, file)) << smt2.err;
}

TEST(QuireProveFiles, WritesJson) {
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

TEST(QuireProveFiles, WritesFiguresAndAssumptionsAsJson) {
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

/// Each file has a question and Z3's answer; Z3 gives the same answer to the file.
TEST(QuireProveFiles, WritesItsQuestionsAsSmtLib) {
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

TEST(QuireProveFiles, ExitsWithFiveIfItsOutputIsLost) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"--list"}, {"--help"}, {}}) {
    std::ofstream full{"/dev/full"};
    std::ostringstream err;
    EXPECT_EQ(proofs::prove_command(arguments, {kTrue, kFalse}, {full, err}), 5);
    // The cause is lost if the error came before the last flush.
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
