"""The checkers that the museum asks: what each runs, and how it says that it has found a mistake."""

import concurrent.futures
import contextlib
import dataclasses
import fnmatch
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent

CASES, PEER_CASES = 2000, 100
SECONDS = 900  # of one program; quire-check itself finds what hangs, and sooner


@dataclasses.dataclass
class Finding:
    """What one checker says of one exhibit, with one seed."""
    found: bool
    by: str         # the suite, the obligation or the test
    how: str        # counterexample, crash or hang; or why it was not asked
    seconds: float
    cases: int      # 0 where the checker has none
    commands: int   # of the counterexample
    text: str       # of the counterexample, or the claim that does not hold


class Interrupted(Exception):
    """The run of which this is a part has ended."""


class Running:
    """The programs that run now."""
    lock = threading.Lock()
    processes = set()
    over = False

    @classmethod
    def end(cls):
        with cls.lock:
            cls.over = True
            for process in cls.processes:
                # Not by SIGKILL: a checker takes its loop devices down. It may have ended meanwhile.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)


@contextlib.contextmanager
def crew_of(jobs):
    """Threads that work for this one, and end with it: also where it is interrupted."""
    with concurrent.futures.ThreadPoolExecutor(jobs) as crew:
        try:
            yield crew
        except BaseException:
            Running.end()
            crew.shutdown(wait=False, cancel_futures=True)
            raise


def run(command, mistake, seconds=SECONDS):
    """(status, output, seconds) of a program that makes this mistake; the status is None if it hangs."""
    started = time.monotonic()
    with Running.lock:
        if Running.over:
            raise Interrupted
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True, env={**os.environ, "QUIRE_MISTAKE": str(mistake)})
        Running.processes.add(process)
    try:
        output, _ = process.communicate(timeout=seconds)
        status = process.returncode
    except BaseException as error:
        for sign, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, None)):
            try:
                os.killpg(process.pid, sign)
                output, _ = process.communicate(timeout=patience)
                break
            except subprocess.TimeoutExpired:
                continue
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        status = None
    finally:
        with Running.lock:
            Running.processes.discard(process)
    if Running.over:
        raise Interrupted
    return status, output, time.monotonic() - started


def commands_of(replay):
    line = re.search(r"--replay '(.*)'", replay)
    return len(json.loads(line[1]).get("commands", [])) if line else 0


def ask_suites(build, suites, exhibit, seed, *options):
    """quire-check on one suite after another, up to the first that finds the mistake."""
    seconds, cases = 0.0, 0
    for suite in suites:
        with tempfile.NamedTemporaryFile(prefix="quire-museum.") as answer:
            status, output, took = run(
                [build / "props/quire-check", "--suite", suite, "--seed", seed, "--jobs", 1, "--json", answer.name,
                 *options], exhibit.number)
            text = answer.read().decode(errors="replace")
        seconds += took
        if status is None:
            return Finding(False, suite, f"no answer within {SECONDS} s", seconds, cases, 0, "")
        if status < 0:
            return Finding(True, suite, "crash", seconds, cases, 0, signal.Signals(-status).name)
        if status not in (0, 1):
            return Finding(False, suite, (output.strip().splitlines() or ["?"])[-1], seconds, cases, 0, "")
        results = json.loads(text)["suites"] if text else []
        for result in results:
            cases += result["cases"]
            example = result.get("counterexample")
            if example:
                return Finding(True, result["name"], "counterexample", seconds, cases,
                               commands_of(example["replay"]), example["says"])
        if status == 1:
            return Finding(True, suite, "no counterexample", seconds, cases, 0,
                           (output.strip().splitlines() or ["?"])[-1])
    return Finding(False, "", "", seconds, cases, 0, "")


def touches(exhibit, *folders):
    return any(change.file.startswith(folders) for change in exhibit.changes)


def ask_lockstep(build, exhibit, seed):
    if touches(exhibit, "ref/linux/"):
        return None
    return ask_suites(build, ["lockstep-512", "lockstep-4096"], exhibit, seed, "--cases", CASES)


def ask_models(build, exhibit, seed):
    xfs = ("ref/linux/xfs/", "ref/linux/iomap/")
    suites = [suite for suite, folders in
              (("ref-xfs", xfs), ("ref-xfs-quota", xfs), ("ref-f2fs", ("ref/linux/f2fs/",)))
              if touches(exhibit, *folders)]
    if not suites and touches(exhibit, "ref/"):
        suites = ["ref-xfs", "ref-xfs-quota", "ref-f2fs"]
    # These suites run a quarter of the cases.
    return ask_suites(build, suites, exhibit, seed, "--cases", 4 * CASES) if suites else None


def ask_laws(build, exhibit, seed):
    suites = []
    if touches(exhibit, "impl/space/"):
        suites += ["allocator-bitmap", "allocator-extent", "allocator-buddy"]
    if touches(exhibit, "impl/device/", "impl/process/", "ref/device/"):
        suites.append("devices")
    if touches(exhibit, "impl/api/", "impl/device/", "impl/process/"):
        suites.append("handles")
    if touches(exhibit, "impl/locks/"):
        suites.append("locks")
    if touches(exhibit, "ref/cache/"):
        suites.append("ref-cache")
    if touches(exhibit, "ref/linux/f2fs/"):
        suites.append("ref-f2fs-calls")
    if touches(exhibit, "ref/plain/first_fit", "ref/plain/space_counts"):
        suites.append("allocator-first-fit")
    if touches(exhibit, "impl/user_memory/"):
        suites += ["copy", "signals"]
    if touches(exhibit, "impl/api/", "ref/vfs/", "ref/user_memory/", "ref/plain/file"):
        suites.append("arguments")
    return ask_suites(build, suites, exhibit, seed, "--cases", CASES) if suites else None


def ask_peers(build, exhibit, seed):
    if not touches(exhibit, "ref/") or os.geteuid() != 0:
        return None
    peer = "f2fs" if touches(exhibit, "ref/linux/f2fs/") else "xfs"
    if peer == "f2fs":
        return None  # the running kernels here have none
    return ask_suites(build, ["peer-xfs*"], exhibit, seed, "--peer", peer, "--cases", PEER_CASES)


def ask_vectors(build, exhibit, seed):
    return ask_suites(build, ["@(vectors|vectors-lockstep)"], exhibit, seed)


def obligations():
    """The globs of each file of proven.txt."""
    rows = [line.split() for line in (HERE / "proven.txt").read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")]
    return {row[0]: row[1:] for row in rows}


def ask_proofs(build, exhibit, _seed):
    globs = [glob for change in exhibit.changes for glob in obligations().get(change.file, [])]
    if not globs:
        return None
    only = [part for glob in globs for part in ("--only", glob)]
    with tempfile.NamedTemporaryFile(prefix="quire-museum.") as answer:
        status, output, seconds = run(
            [build / "proofs/quire-prove", *only, "--json", answer.name], exhibit.number, 600)
        text = answer.read().decode(errors="replace")
    if status is None:
        return Finding(False, "", "undecided", seconds, 0, 0, "")
    if status == 1 and text:
        for each in json.loads(text)["obligations"]:
            if each["verdict"] == "refuted":
                return Finding(True, each["name"], "counterexample", seconds, 0, 0, each.get("claim", ""))
    if status != 0:
        return Finding(status == 1, "", (output.strip().splitlines() or ["?"])[-1], seconds, 0, 0, "")
    return Finding(False, "", "", seconds, 0, 0, "")


def ask_units(build, exhibit, _seed):
    programs = ["tests-ref"] if touches(exhibit, "ref/") else ["tests-impl", "tests-faults", "tests-ranks"]
    seconds = 0.0
    for program in programs:
        status, output, took = run(
            [build / "tests" / program, "--gtest_fail_fast", "--gtest_brief=1"], exhibit.number)
        seconds += took
        if status == 0:
            continue
        failed = re.findall(r"\[  FAILED  \] (\S+)", output)
        how = "hang" if status is None else "crash" if status < 0 else "test"
        return Finding(True, failed[0].rstrip(",") if failed else program, how, seconds, 0, 0, "")
    return Finding(False, "", "", seconds, 0, 0, "")


# In the order of the table. Those that draw nothing are asked once.
CHECKERS = {
    "lockstep": (ask_lockstep, True),
    "models": (ask_models, True),
    "laws": (ask_laws, True),
    "peers": (ask_peers, True),
    "vectors": (ask_vectors, False),
    "proofs": (ask_proofs, False),
    "units": (ask_units, False),
}

CHECK = ["props/quire-check"]
TARGETS = {
    "lockstep": CHECK, "models": CHECK, "laws": CHECK, "peers": CHECK, "vectors": CHECK,
    "proofs": ["proofs/quire-prove"],
    "units": ["tests/tests-ref", "tests/tests-impl", "tests/tests-faults", "tests/tests-ranks"],
}


def matches(name, globs):
    return not globs or any(fnmatch.fnmatch(name, glob) for glob in globs)
