#!/usr/bin/env python3
"""Writes README's table of what is proven from a report of quire-prove.

usage: proofs/tool/what_is_proven.py REPORT
       proofs/tool/what_is_proven.py --check [QUIRE_PROVE]
  REPORT       what `quire-prove --json REPORT` wrote; with `--solver both` the table says what
               cvc5 agreed to
  --check      change nothing; say whether README has a row for all that there is to prove
  QUIRE_PROVE  the program (default: build/proofs/quire-prove)

exit status: 0 README has it; 1 it has not, or not all of the report is proven; 2 bad usage; 3 the
report or the list could not be had
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- What is proven: made by proofs/tool/what_is_proven.py -->\n"
END = "<!-- End of what is proven -->\n"


class Failure(Exception):
    """What to say, and the exit status."""

    def __init__(self, what, status):
        super().__init__(what)
        self.status = status


def listed(program):
    """What there is to prove, as a report has it."""
    listing = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    entry = re.compile(r"^(\S+) \[(.*)\] (\S+)\n  (.*)\n(?:  Bound: (.*)\n)?", re.MULTILINE)
    names = ("name", "tag", "subject", "says", "bound")
    return [dict(zip(names, (part or "" for part in one))) for one in entry.findall(listing)]


def table(obligations):
    """One row for each sentence, whoever it is proven of."""
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
    """What it took, in a sentence."""
    obligations = report["obligations"]
    total = lambda of: sum(of(one) for one in obligations)
    second = ""
    if report["second_solver"]:
        second = (
            f", and {report['second_solver']} agreed to {total(lambda o: o['second']['agreed'])} in "
            f"{total(lambda o: o['second']['seconds']):.0f} s")
    return (
        f"\n{len(obligations)} obligations on {total(lambda o: o['paths'])} paths. "
        f"{report['solver'].capitalize()} answered {total(lambda o: o['questions'])} questions in "
        f"{total(lambda o: o['z3_seconds']):.0f} s{second}, "
        f"two obligations at a time: {report['seconds']:.0f} s in all. The longest took "
        f"{max(one['seconds'] for one in obligations):.0f} s, "
        f"and Z3 {report['memory_mib']} MiB at most.\n"
    )


def parts(text):
    """README in front of the table, the table, and README behind it."""
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise Failure(f"{README.name} has not the two lines around the table", 1)
    before, rest = text.split(BEGIN)
    has, behind = rest.split(END)
    return before, has, behind


def write(path):
    try:
        report = json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as e:
        raise Failure(f"{path}: {e}", 3) from e
    for one in report["obligations"]:
        if one["verdict"] != "proven":
            raise Failure(f"{path}: {one['name']} is not proven", 1)
    before, _, behind = parts(README.read_text())
    made = table(report["obligations"]) + figures(report)
    README.write_text(before + BEGIN + made + END + behind)


def check(program):
    try:
        wanted = table(listed(program))
    except (OSError, subprocess.CalledProcessError) as e:
        raise Failure(f"{program} --list: {e}", 3) from e
    _, has, _ = parts(README.read_text())
    if has.split("\n\n")[0].rstrip("\n") + "\n" != wanted:
        raise Failure(
            f"{README.name} has another table; quire-prove --json REPORT and "
            "proofs/tool/what_is_proven.py REPORT mend it", 1)


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
