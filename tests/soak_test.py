#!/usr/bin/env python3
"""Tests tests/soak with a quire-check of its own, whose suites hold, fail, crash, hang or are skipped.

Prints what is wrong, and exits with 1 if anything is."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SOAK = pathlib.Path(__file__).resolve().parent / "soak"

# Which suites it has, and how each ends by its seed.
CHECK = """#!/usr/bin/env python3
import fnmatch, json, os, sys, time
words = sys.argv[1:]
if "--list" in words:
    names = ["peer-" + words[1]] if "--peer" in words else ["good", "vectors", "bad", "crash", "lacking", "slow"]
    names = [name for name in names if fnmatch.fnmatchcase(name, words[words.index("--suite") + 1])]
    if not names:
        sys.exit(print("no suite is called so", file=sys.stderr) or 2)
    print("\\n".join(name + "   claims something" for name in names))
    sys.exit(0)
given = dict(zip(words[::2], words[1::2]))
name, seed = given["--suite"], int(given["--seed"])
verdict = "held"
row = {"name": name}
if name == "bad" and seed % 2 == 0:
    verdict = "FAILED"
    row["counterexample"] = {"says": "Bytes are not lost."}
    print("the smallest case")
if name == "crash" and seed == 3:
    os.kill(os.getpid(), 11)
if name == "lacking":
    verdict, row["reason"] = "skipped", "no loop device"
if name == "slow":
    time.sleep(60)
json.dump({"suites": [dict(row, verdict=verdict)]}, open(given["--json"], "w"))
sys.exit({"held": 0, "FAILED": 1, "skipped": 3}[verdict])
"""


class SoakTest(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="quire-soak-test.")
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name) / "soak"
        self.check = pathlib.Path(self.scratch.name) / "quire-check"
        self.check.write_text(CHECK, encoding="utf-8")
        self.check.chmod(0o755)

    def command(self, *arguments):
        return [SOAK, "--check", self.check, "--folder", self.folder, *arguments]

    def soak(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)

    def test_all_failures_are_collected(self):
        ran = self.soak("--seeds", "1..4", "--suite", "[bcg]*", "--no-peers")
        self.assertEqual(ran.returncode, 1, ran)
        failed = [line for line in ran.stdout.splitlines() if line.startswith("FAILED")]
        self.assertEqual([" ".join(line.split()[:4]) for line in sorted(failed)],
                         ["FAILED bad seed 2:", "FAILED bad seed 4:", "FAILED crash seed 3:"])
        self.assertIn("quire-check --suite bad --cases 2000 --jobs 1 --seed 4: Bytes are not lost.", ran.stdout)
        self.assertIn("good   4 held", ran.stdout)
        self.assertIn("9 held, 3 failed, 0 skipped", ran.stdout)
        self.assertEqual(sorted(path.name for path in self.folder.glob("*.log")),
                         ["bad-2.log", "bad-4.log", "crash-3.log"])
        self.assertEqual((self.folder / "bad-4.log").read_text(encoding="utf-8"), "the smallest case\n")

    def test_peers_have_their_own_cases(self):
        ran = self.soak("--seeds", "7", "--suite", "peer-*", "--kernel", "6.1")
        self.assertEqual(ran.returncode, 0, ran)
        for peer in ("xfs", "ext4", "btrfs", "tmpfs", "all"):
            self.assertIn(f"peer-{peer}", ran.stdout)
        done = (self.folder / "done").read_text(encoding="utf-8")
        self.assertIn("--peer xfs --suite peer-xfs --cases 300 --jobs 1 --seed 7", done)
        self.assertIn("--peer all --kernel 6.1 --suite peer-all --cases 40 --jobs 1 --seed 7", done)

    def test_what_draws_nothing_runs_once(self):
        ran = self.soak("--seeds", "1..3", "--suite", "vectors", "--no-peers")
        self.assertIn("1 held, 0 failed", ran.stdout)

    def test_what_cannot_run_is_told(self):
        ran = self.soak("--seeds", "1", "--suite", "lacking", "--no-peers")
        self.assertEqual(ran.returncode, 3, ran)
        self.assertIn("no loop device", ran.stdout)

    def test_resumed_run_leaves_out_what_is_done(self):
        first = self.soak("--seeds", "1..2", "--suite", "bad", "--no-peers")
        again = self.soak("--seeds", "1..4", "--suite", "bad", "--no-peers", "--resume")
        self.assertEqual((first.returncode, again.returncode), (1, 1))
        self.assertIn("seed 2:", again.stdout)
        self.assertIn("2 held, 2 failed", again.stdout)
        self.assertEqual(len((self.folder / "done").read_text(encoding="utf-8").splitlines()), 4)
        self.check.write_text(CHECK + "# another program\n", encoding="utf-8")
        self.soak("--seeds", "1..4", "--suite", "bad", "--no-peers", "--resume")
        self.assertEqual(len((self.folder / "done").read_text(encoding="utf-8").splitlines()), 8)

    def test_new_run_keeps_files_of_others(self):
        self.soak("--seeds", "2", "--suite", "bad", "--no-peers")
        mine = self.folder / "mine.log"
        mine.write_text("mine", encoding="utf-8")
        self.soak("--seeds", "1", "--suite", "bad", "--no-peers")
        self.assertEqual([path.name for path in self.folder.glob("*.log")], ["mine.log"])

    def interrupted(self, end, ignored=None):
        """A soak that `end` stops while one suite has run and another hangs: its status and output."""
        before = signal.getsignal(signal.SIGINT)
        if ignored:
            signal.signal(ignored, signal.SIG_IGN)
        try:
            with subprocess.Popen(self.command("--seeds", "1", "--suite", "[gs]*", "--no-peers", "--jobs", "2"),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as soak:
                signal.signal(signal.SIGINT, before)
                done = self.folder / "done"
                for _ in range(600):
                    if done.exists() and done.read_text(encoding="utf-8"):
                        break
                    time.sleep(0.1)
                os.kill(soak.pid, end)
                said, _ = soak.communicate(timeout=30)
                return soak.returncode, said
        finally:
            signal.signal(signal.SIGINT, before)

    def test_interrupt_prints_what_has_run(self):
        status, said = self.interrupted(signal.SIGINT)
        self.assertEqual(status, 130)
        self.assertIn("1 held, 0 failed", said)

    def test_termination_does_too_also_in_the_background(self):
        # A script's background job begins with SIGINT ignored.
        for end in (signal.SIGTERM, signal.SIGINT):
            (self.folder / "done").unlink(missing_ok=True)
            status, said = self.interrupted(end, ignored=signal.SIGINT)
            self.assertEqual(status, 130)
            self.assertIn("1 held, 0 failed", said)

    def test_bad_usage(self):
        for arguments in ([], ["--seeds", "9..1"], ["--seeds", "x"], ["--seeds", "1", "--cases", "0"],
                          ["--seeds", "1", "--suite", "nothing", "--no-peers"], ["--sides", "1"]):
            self.assertEqual(self.soak(*arguments).returncode, 2, arguments)
        self.check.unlink()
        self.assertEqual(self.soak("--seeds", "1").returncode, 3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
