"""A bench builds and judges mutants: a copy of the tree with a build folder, used for many mutants."""

import dataclasses
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import source_tree  # noqa: E402

ROOT = source_tree.ROOT

BUILD_SECONDS, VECTORS_SECONDS, PROOFS_SECONDS = 1800, 60, 420
MEMORY_BYTES = 6 << 30  # of a judge: an endless loop of a mutant must not use up the machine's memory
# Unoptimized is fastest in total: Z3 does most of the work. A name that a mutant leaves unused is no
# error; a function without its return is, since its behaviour is undefined.
SETUP = ["--buildtype=plain", "-Dwerror=false", "-Dchecker=true", "-Dcpp_args=-Werror=return-type"]
VECTORS, REFUTE = "tests/mutant-vectors", "tests/mutant-refute-"


class CannotRun(Exception):
    """A program is missing, or the unchanged tree does not build."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A state of the code, and its judges."""
    name: str
    file: str          # the one that differs from the tree; "": none does
    text: str          # its contents
    vectors: bool      # the vectors judge it first
    obligations: list  # then these obligations, in this order: LIST:GLOB


@dataclasses.dataclass
class Verdict:
    name: str
    verdict: str     # vectors or proofs, which found it; survived; does not compile
    by: str          # the obligation that was refuted, as LIST:NAME
    saw: str         # the claim that does not hold; of a survivor, an undecided obligation
    seconds: float
    said: list       # the output of the programs that did not find it


class Processes:
    """The running commands, so that all of them end with this run."""

    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.over = False

    def run(self, command, seconds, memory=None):
        """(status, output) of a command; the status is None if it took longer. A signal is negative."""
        limit = memory and (lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)))
        with self.lock:
            if self.over:
                raise CannotRun("interrupted")
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace", start_new_session=True, preexec_fn=limit)
            self.running.add(process)
        try:
            output, _ = process.communicate(timeout=seconds)
            status = process.returncode
        except subprocess.TimeoutExpired:
            self.stop(process)
            status, output = None, process.communicate()[0]
        finally:
            with self.lock:
                self.running.discard(process)
        if self.over:
            raise CannotRun("interrupted")
        if status == -signal.SIGKILL:
            raise CannotRun(f"{command[0]} was killed")
        return status, output

    @staticmethod
    def stop(process):
        # Not by SIGKILL, which would leave ninja's children running.
        process.terminate()

    def end(self):
        with self.lock:
            self.over = True
            for process in self.running:
                self.stop(process)


class Bench:
    def __init__(self, folder, texts, processes):
        self.folder, self.tree, self.build = folder, folder / "tree", folder / "build"
        self.texts = texts    # of each file that is mutated, unchanged
        self.mutated = ""     # the file that is changed now
        self.processes = processes

    def set_up(self, targets, jobs):
        for name in source_tree.files():
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.tree / name)
        status, output = self.processes.run(
            ["meson", "setup", self.build, self.tree, *SETUP], BUILD_SECONDS)
        if status != 0:
            raise CannotRun("meson setup failed:\n" + output[-2000:])
        wrong = self.compile(targets, jobs)
        if wrong:
            raise CannotRun("the unchanged tree does not build:\n" + wrong)

    def copied_to(self, folder):
        """A copy of this bench: a build folder names the tree by a relative path."""
        status, output = self.processes.run(["cp", "-a", self.folder, folder], BUILD_SECONDS)
        if status != 0:
            raise CannotRun(output)
        return Bench(folder, self.texts, self.processes)

    def compile(self, targets, jobs=1):
        """The compiler's errors for the targets, or ""."""
        status, output = self.processes.run(
            ["ninja", "-C", self.build, "-j", str(jobs), *targets], BUILD_SECONDS)
        if status == 0:
            return ""
        errors = [line for line in output.splitlines() if re.search("error:|undefined ref", line)]
        return "\n".join(errors[:3]) or output[-2000:] or "no end"

    def hold(self, file, text):
        """Writes `text` to `file`, and restores every other file."""
        if self.mutated not in ("", file):
            (self.tree / self.mutated).write_text(self.texts[self.mutated], encoding="utf-8")
        if file:
            (self.tree / file).write_text(text, encoding="utf-8")
        self.mutated = file

    # The judges. Each returns (verdict, by, saw).

    def ask_vectors(self, said):
        wrong = self.compile([VECTORS])
        if wrong:
            said.append(wrong)
            return "does not compile", "", ""
        status, output = self.processes.run(
            [self.build / VECTORS, *sorted(self.tree.glob("props/vectors/*.json"))],
            VECTORS_SECONDS, MEMORY_BYTES)
        lines = output.strip().splitlines() or [""]
        if status == 0:
            said.append("vectors: " + lines[-1])
            return "survived", "", ""
        if status is None:
            return "vectors", "", f"no end within {VECTORS_SECONDS} s"
        if status < 0:
            return "vectors", "", signal.Signals(-status).name
        if status == 1:
            return "vectors", "", lines[0]
        raise CannotRun(f"{VECTORS} exits with {status}:\n{output[-2000:]}")

    def ask_proofs(self, obligations, said):
        undecided = ""
        for some in obligations:
            place, glob = some.split(":")
            wrong = self.compile([REFUTE + place])
            if "static assertion failed" in wrong:
                return "proofs", "", "static_assert: " + wrong.splitlines()[0]
            if wrong:
                said.append(wrong)
                return "does not compile", "", ""
            status, output = self.processes.run(
                [self.build / (REFUTE + place), glob], PROOFS_SECONDS, MEMORY_BYTES)
            lines = output.strip().splitlines()
            refuted = re.fullmatch(r"refuted (\S+): (.*)", lines[-1]) if lines else None
            if status == 1 and refuted:
                return "proofs", f"{place}:{refuted[1]}", refuted[2]
            if status in (1, 2):
                raise CannotRun(f"{REFUTE}{place} {glob} exits with {status}:\n{output[-2000:]}")
            said += lines
            if status != 0:
                undecided = f"undecided: {some}, " + (
                    f"no end within {PROOFS_SECONDS} s" if status is None else f"status {status}")
        return "survived", "", undecided

    def judge(self, job):
        started, said = time.monotonic(), []
        self.hold(job.file, job.text)
        answer = self.ask_vectors(said) if job.vectors else ("survived", "", "")
        if answer[0] == "survived" and job.obligations:
            answer = self.ask_proofs(job.obligations, said)
        return Verdict(job.name, *answer, round(time.monotonic() - started, 1), said)
