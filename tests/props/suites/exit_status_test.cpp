// quire-check's exit status and message where a machine lacks something, and for invalid arguments.
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <utility>

namespace {

namespace fs = std::filesystem;

struct Ran {
  int status;
  std::string output;
};

/// Runs a line of the shell.
Ran run(const std::string& line) {
  std::FILE* const out = ::popen(("{ " + line + "; } 2>&1").c_str(), "re");
  if (out == nullptr) return {-1, "no shell"};
  std::string output;
  std::array<char, 4096> some{};
  for (std::size_t n; (n = std::fread(some.data(), 1, some.size(), out)) != 0;)
    output.append(some.data(), n);
  const int status = ::pclose(out);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

/// A folder that every user may read, with quire-check in it: only its owner may be able to read
/// the build.
class QuireCheck : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "quire-tests.status.XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    ::chmod(folder.c_str(), 0755);
    check = folder / "quire-check";
    fs::copy_file(QUIRE_CHECK, check);
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  void needs_root() const {
    if (::geteuid() != 0) GTEST_SKIP() << "loop devices and mounts need root";
  }

  /// A command that hides the system's of that name.
  void write_command(const std::string& name, const std::string& script) const {
    const fs::path path = folder / name;
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ::chmod(path.c_str(), 0755);
  }
  std::string with_path() const { return fmt::format("PATH='{}':$PATH ", folder.string()); }

  Ran run_check(const std::string& arguments, const std::string& before = "") const {
    return run(before + check.string() + " " + arguments);
  }

  fs::path folder, check;
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

TEST_F(QuireCheck, HoldsInMemory) {
  const Ran ran = run_check("--suite lockstep-512 --cases 5 --seed 1");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST_F(QuireCheck, AnswersFiveWhereItsOutputIsLost) {
  for (const char* const arguments :
       {"--list", "--help", "--suite lockstep-512 --cases 5",
        "--suite allocator-bitmap --cases 5"}) {
    const Ran ran = run_check(std::string(arguments) + " >/dev/full");
    EXPECT_EQ(ran.status, 5) << arguments << ": " << ran.output;
    EXPECT_EQ(
        ran.output, "quire-check: standard output cannot be written: No space left on device\n")
        << arguments;
  }
  const Ran closed = run_check("--list >&-");
  EXPECT_EQ(closed.status, 5) << closed.output;
  const Ran json = run_check("--suite lockstep-512 --cases 5 --json /dev/full");
  EXPECT_EQ(json.status, 5) << json.output;
  EXPECT_TRUE(has(json.output, "quire-check: /dev/full: cannot be written")) << json.output;
  // A file that cannot be opened is refused before the work.
  EXPECT_EQ(run_check("--suite lockstep-512 --cases 5 --json /nonexistent/file").status, 2);
}

TEST(Scripts, FailWhereTheirLastLineIsLost) {
  const fs::path root = fs::path(QUIRE_FETCH_KERNEL).parent_path().parent_path().parent_path();
  const std::string counts =
      ". '" + (root / "tests/setup/steps.sh").string() + "'; pass; print_counts";
  EXPECT_EQ(run("bash -c \"" + counts + "\"").output, "1 passed, 0 failed, 0 skipped\n");
  const Ran lost = run("bash -c \"" + counts + " >/dev/full\"");
  EXPECT_EQ(lost.status, 1);
  EXPECT_TRUE(has(lost.output, "No space left on device")) << lost.output;
}

TEST_F(QuireCheck, AnswersThreeAsNobody) {
  needs_root();
  const std::string nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups ";
  if (run(nobody + "true").status != 0) GTEST_SKIP() << "setpriv cannot make us nobody";
  for (const char* const peer : {"xfs", "tmpfs"}) {
    const Ran ran = run_check(fmt::format("--peer {} --cases 1", peer), nobody);
    EXPECT_EQ(ran.status, 3) << ran.output;
    EXPECT_TRUE(has(ran.output, "root")) << ran.output;
  }
  const Ran traced = run_check("--suite trace-xfs --cases 1", nobody);
  EXPECT_EQ(traced.status, 3) << traced.output;
  EXPECT_TRUE(has(traced.output, "0 held, 0 failed, 1 skipped")) << traced.output;
}

TEST_F(QuireCheck, NamesAMissingMkfsAndItsPackage) {
  needs_root();
  // make_file_system.cpp searches /sbin whatever PATH is: hide it.
  const std::string hides =
      "unshare --mount sh -c 'mount -t tmpfs none /usr/sbin && "
      "if [ ! -L /sbin ]; then mount -t tmpfs none /sbin; fi && PATH= exec \"$@\"' sh ";
  if (run(hides + "/bin/true").status != 0) GTEST_SKIP() << "a folder cannot be hidden here";
  const Ran ran = run_check("--peer xfs --cases 1", hides);
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_TRUE(has(ran.output, "mkfs.xfs")) << ran.output;
  EXPECT_TRUE(has(ran.output, "package xfsprogs")) << ran.output;
}

TEST_F(QuireCheck, PrintsTheFirstLineOfAMkfs) {
  needs_root();
  write_command("mkfs.xfs", "echo 'unknown option -m'; echo '/* a long usage */'; exit 1");
  const Ran ran = run_check("--peer xfs --cases 1", with_path());
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_TRUE(has(ran.output, "unknown option -m")) << ran.output;
}

TEST_F(QuireCheck, AnswersThreeWhereAMountIsRefusedAndRunsTheOthers) {
  needs_root();
  write_command("mkfs.ext4", "exit 0");
  const fs::path json = folder / "report.json";
  const Ran ran = run_check("--peer all --cases 1 --json " + json.string(), with_path());
  EXPECT_EQ(ran.status, 3) << ran.output;
  EXPECT_TRUE(has(ran.output, "ext4: cannot be mounted")) << ran.output;
  EXPECT_TRUE(has(ran.output, "7 held, 0 failed, 2 skipped")) << ran.output;
  std::ifstream file(json);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_TRUE(has(text, "peer-tmpfs")) << text;
}

TEST_F(QuireCheck, ForgetsNoFailureForASuiteThatCannotRun) {
  const Ran ran = run_check(
      "--suite '@(allocator|lockstep)-*' --cases 200 --device /nonexistent --allocator " +
      std::string(QUIRE_TEST_OBJECTS "/allocator-leaky.so"));
  EXPECT_EQ(ran.status, 1) << ran.output;
  EXPECT_TRUE(has(ran.output, "FAILED")) << ran.output;
  EXPECT_TRUE(has(ran.output, "skipped")) << ran.output;
}

TEST_F(QuireCheck, JudgesWriteHooksOfASharedObject) {
  const auto judged = [this](const std::string& name) {
    return run_check(fmt::format(
        "--suite 'write-hooks-*' --cases 600 --seed 1 --jobs 2 --write-hooks {}/write-hooks-{}.so",
        QUIRE_TEST_OBJECTS, name));
  };
  const Ran sound = judged("sound");
  EXPECT_EQ(sound.status, 0) << sound.output;
  const Ran faulty = judged("short");
  EXPECT_EQ(faulty.status, 1) << faulty.output;
  EXPECT_TRUE(has(faulty.output, "is rejected as a whole. [WB-3]")) << faulty.output;
  // The line that runs it again.
  EXPECT_TRUE(has(faulty.output, " --write-hooks '" QUIRE_TEST_OBJECTS "/write-hooks-short.so' "))
      << faulty.output;
  const Ran none = judged("none");
  EXPECT_EQ(none.status, 2) << none.output;
  EXPECT_TRUE(has(none.output, "quire-check: --write-hooks: ")) << none.output;
  const Ran unheeded =
      run_check("--suite copy --write-hooks " QUIRE_TEST_OBJECTS "/write-hooks-sound.so");
  EXPECT_EQ(unheeded.status, 2) << unheeded.output;
  EXPECT_EQ(unheeded.output, "quire-check: --write-hooks needs the suite write-hooks-*\n");
}

TEST_F(QuireCheck, AllocatorThatCrashesOrHangsHasFailedAndTheOthersRun) {
  const std::pair<const char*, const char*> planted[] = {
      {"crashing", "SIGABRT"}, {"hanging", "deadlock"}};
  for (const auto& [name, cause] : planted) {
    const std::string object = fmt::format("{}/allocator-{}.so", QUIRE_TEST_OBJECTS, name);
    const Ran ran = run_check(fmt::format(
        "--suite '@(allocator|copy)*' --cases 600 --seed 1 --jobs 2 --allocator {}", object));
    EXPECT_EQ(ran.status, 1) << ran.output;
    EXPECT_TRUE(has(ran.output, "A case runs to its end. [watchdog]")) << ran.output;
    EXPECT_TRUE(has(ran.output, cause)) << ran.output;
    // The smallest case, and the line that runs it again.
    EXPECT_TRUE(has(ran.output, "  A{1}\n  reserve(")) << ran.output;
    EXPECT_TRUE(has(ran.output, ", places 1)\n  release(grant 0)\n")) << ran.output;
    EXPECT_TRUE(has(ran.output, "--cases 600 --seed 1 --jobs 2\n")) << ran.output;
    EXPECT_TRUE(has(ran.output, "1 held, 1 failed, 4 skipped")) << ran.output;
  }
}

TEST_F(QuireCheck, AllocatorThatCannotBeUsedHasALine) {
  // status, object, part of its line
  const std::tuple<int, const char*, const char*> planted[] = {
      {2, "newer", "its table has version 3, and this quire-check knows versions 1 and 2"},
      {2, "partial", "its table has no release(), which must not be null"},
      {1, "makes-none", "make(64) returned null; it must return an allocator"},
      {1, "throws-in-make", "make() threw no map; it must not throw"},
      {1, "counts-32-bits", "A{4294967366}\n  says it has 70 free, 0 reserved"}};
  for (const auto& [status, name, line] : planted) {
    const Ran ran = run_check(fmt::format(
        "--suite 'allocator-allocator*' --cases 5 --allocator {}/allocator-{}.so",
        QUIRE_TEST_OBJECTS, name));
    EXPECT_EQ(ran.status, status) << ran.output;
    EXPECT_TRUE(has(ran.output, fmt::format("allocator-{}.so", name))) << ran.output;
    EXPECT_TRUE(has(ran.output, line)) << ran.output;
  }
}

/// Processes whose command line begins with this program.
std::size_t processes_of(const fs::path& program) {
  std::size_t count = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", ignored)) {
    std::ifstream file(entry.path() / "cmdline");
    std::string name;
    if (std::getline(file, name, '\0') && name == program) ++count;
  }
  return count;
}

TEST_F(QuireCheck, SignalEndsItsProcessesToo) {
  for (const char* const signal : {"TERM", "KILL"}) {
    run_check(fmt::format(
        "--suite lockstep-512 --cases 1000000 --jobs 2 >{}/log & pid=$!; sleep 2; kill -{} $pid; "
        "wait $pid",
        folder.string(), signal));
    for (int i = 0; i < 100 && processes_of(check) != 0; ++i) ::usleep(50'000);
    EXPECT_EQ(processes_of(check), 0u) << signal;
  }
}

TEST_F(QuireCheck, SeveralProcessesRunTheCasesOfOneSuite) {
  const Ran ran = run_check("--suite lockstep-512 --cases 600 --seed 1 --jobs 2");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_TRUE(has(ran.output, "held     600 cases")) << ran.output;
}

TEST_F(QuireCheck, RemovesTheImageOfAKilledRun) {
  // A pid that no process can have.
  const fs::path image = folder / "quire-check.4194305.0.img";
  std::ofstream(image) << "stale";
  const Ran ran = run_check("--suite arguments --cases 1", "TMPDIR='" + folder.string() + "' ");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_FALSE(fs::exists(image));
}

TEST_F(QuireCheck, RefusesTracesWithNothingToJudge) {
  for (const char* const trace : {"/dev/null", "/tmp", "/nonexistent"}) {
    const Ran ran = run_check(std::string("--trace-file ") + trace);
    EXPECT_EQ(ran.status, 2) << ran.output;
    EXPECT_TRUE(has(ran.output, trace)) << ran.output;
  }
}

TEST_F(QuireCheck, RefusesArgumentsThatItWouldIgnore) {
  EXPECT_EQ(run_check("--peer xfs --trace-file /dev/null").status, 2);
  EXPECT_EQ(run_check("--suite lockstep-512 --cases 1 --trace-out /dev/null").status, 2);
  EXPECT_EQ(run_check("--kernel 6.1").status, 2);
  EXPECT_EQ(run_check("--suite 'allocator-*' --cases 1 --chart /dev/null").status, 2);
  EXPECT_EQ(run_check("--suite lockstep-512 --cases 1 --score-card").status, 2);
}

TEST_F(QuireCheck, RefusesReplayLinesOfNonsense) {
  const std::string start =
      R"({"block_size":4096,"blocks":256,"folio_max":65536,"dirty_max":65536)";
  const auto replay = [&](const std::string& commands) {
    return run_check(
        "--suite lockstep-512 --replay '" + start + R"(,"commands":[)" + commands + "]}'");
  };
  EXPECT_EQ(replay("").status, 0);
  for (const char* const command :
       {"7", R"({"do":"dance","file":0})", R"({"do":"fsync","file":9})",
        R"({"do":"fsync","file":0,"handle":9})",
        R"({"do":"truncate","file":0,"length":9223372036854775808})",
        R"({"do":"write_mapped","file":0,"source":0,"from":0,"at":0,"length":0})",
        R"({"do":"read","file":0,"at":0,"memory":[{"bytes":9,"kind":"plain","readable":0,)"
        R"("misalignment":9999}]})"}) {
    const Ran ran = replay(command);
    EXPECT_EQ(ran.status, 2) << command << ran.output;
    EXPECT_TRUE(has(ran.output, "replay line")) << ran.output;
  }
  EXPECT_EQ(run_check("--suite lockstep-512 --replay nonsense").status, 2);
  if (::geteuid() != 0) return;
  const Ran ran = run_check(
      "--peer tmpfs --suite peer-tmpfs --replay '" + start +
      R"(,"commands":[{"do":"write_mapped","file":0,"source":0,"from":0,"at":0,"length":0}]}')");
  EXPECT_EQ(ran.status, 2) << ran.output;
}

}  // namespace
