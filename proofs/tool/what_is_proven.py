#!/usr/bin/env python3
"""Writes the table of what is proven into proofs/README.md, from a report of quire-prove.

usage: proofs/tool/what_is_proven.py REPORT
       proofs/tool/what_is_proven.py --check [QUIRE_PROVE]
  REPORT       the file that `quire-prove --json REPORT` wrote; with `--solver both` the line below
               the table says how many questions cvc5 agreed to
  --check      change nothing; fail unless the table has a row for every obligation
  QUIRE_PROVE  the program to ask for the obligations (default: build/proofs/quire-prove)

exit status: 0 the table is up to date; 1 it is not, or the report has an obligation that is not
proven; 2 bad usage; 3 the report cannot be read, or QUIRE_PROVE cannot be run
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MANUAL = ROOT / "proofs/README.md"
BEGIN = "<!-- What is proven: made by proofs/tool/what_is_proven.py -->\n"
END = "<!-- End of what is proven -->\n"


class Failure(Exception):
    """The message for the user, and the exit status."""

    def __init__(self, what, status):
        super().__init__(what)
        self.status = status


def listed(program):
    """Every obligation that the program lists, in the form of a report."""
    listing = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    entry = re.compile(r"^(\S+) \[(.*)\] (\S+)\n  (.*)\n(?:  Bound: (.*)\n)?", re.MULTILINE)
    names = ("name", "tag", "subject", "says", "bound")
    return [dict(zip(names, (part or "" for part in one))) for one in entry.findall(listing)]


def table(obligations):
    """One row for each sentence, with all the obligations that prove it."""
    rows = {}
    for one in obligations:
        row = rows.setdefault(one["says"], {"of": [], "tag": one["tag"], "bounds": []})
        row["of"].append(one["name"])
        if one["bound"]:
            row["bounds"].append(f"{one['subject']}: {one['bound']}")
    lines = ["| what | rules | proven of | bound |", "|---|---|---|---|"]
    for says, row in rows.items():
        names = ", ".join(f"`{name}`" for name in row["of"])
        lines.append(f"| {says} | {row['tag']} | {names} | {'; '.join(row['bounds'])} |")
    return "\n".join(lines) + "\n"


def figures(report):
    """The paths, questions, time and memory of the run, in a sentence."""
    obligations = report["obligations"]
    total = lambda of: sum(of(one) for one in obligations)
    second = ""
    if report["second_solver"]:
        agreed = total(lambda o: o["second"]["agreed"])
        second = (f", and {report['second_solver']} agreed to {agreed} in "
                  f"{total(lambda o: o['second']['seconds']):.0f} s")
    return (
        f"\n{len(obligations)} obligations on {total(lambda o: o['paths'])} paths. "
        f"{report['solver'].capitalize()} answered {total(lambda o: o['questions'])} questions in "
        f"{total(lambda o: o['z3_seconds']):.0f} s{second}, "
        f"two obligations at a time: {report['seconds']:.0f} s in all. The longest took "
        f"{max(one['seconds'] for one in obligations):.0f} s, "
        f"and Z3 {report['memory_mib']} MiB at most.\n"
    )


def name_of(path):
    return path.relative_to(ROOT)


def parts(text):
    """The manual in front of the table, the table, and the manual behind it."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise Failure(
            f"{name_of(MANUAL)}: needs the lines {BEGIN.strip()} and {END.strip()}, once each", 1)
    before, rest = text.split(BEGIN)
    present, behind = rest.split(END)
    return before, present, behind


def write(path):
    try:
        report = json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as e:
        raise Failure(f"{path}: {e}", 3) from e
    for one in report["obligations"]:
        if one["verdict"] != "proven":
            raise Failure(f"{path}: {one['name']} is not proven", 1)
    before, _, behind = parts(MANUAL.read_text())
    made = table(report["obligations"]) + figures(report)
    MANUAL.write_text(before + BEGIN + made + END + behind)


def check(program):
    try:
        wanted = table(listed(program))
    except (OSError, subprocess.CalledProcessError) as e:
        raise Failure(f"{program} --list: {e}", 3) from e
    _, present, _ = parts(MANUAL.read_text())
    if present.split("\n\n")[0].rstrip("\n") + "\n" != wanted:
        raise Failure(
            f"{name_of(MANUAL)}: its table differs from `quire-prove --list`; renew it by "
            "`quire-prove --json REPORT` and `proofs/tool/what_is_proven.py REPORT`", 1)


def main(arguments):
    checks = arguments[:1] == ["--check"]
    rest = arguments[1:] if checks else arguments
    if len(rest) > 1 or any(a.startswith("-") for a in rest) or not (checks or rest):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        if checks:
            check(rest[0] if rest else str(ROOT / "build/proofs/quire-prove"))
        else:
            write(rest[0])
    except Failure as e:
        print(f"what_is_proven.py: {e}", file=sys.stderr)
        return e.status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
