#!/usr/bin/env python3
"""Writes README's table of what is proven from the list that quire-prove prints.

usage: proofs/what_is_proven.py [--check] [QUIRE_PROVE]
  --check      change nothing; say whether README has the table as it should be
  QUIRE_PROVE  the program (default: build/proofs/quire-prove)

exit status: 0 README has it; 1 --check, and it has not; 2 bad usage; 3 the list could not be had
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN = "<!-- What is proven: made by proofs/what_is_proven.py -->\n"
END = "<!-- End of what is proven -->\n"


def obligations(program):
    """Each obligation as (operation, subject, tag, sentence, bound)."""
    listing = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    entry = re.compile(
        r"^(\S+?)\.(\S+) \[(.*)\] (\S+)\n  (.*)\n(?:  Bound: (.*)\n)?", re.MULTILINE
    )
    return [
        (operation, subject, tag, says, bound or "")
        for subject, operation, tag, _, says, bound in entry.findall(listing)
    ]


def table(program):
    """One row for each sentence, whoever it is proven of."""
    rows = {}
    for operation, subject, tag, says, bound in obligations(program):
        row = rows.setdefault(says, {"of": [], "tag": tag, "bounds": []})
        row["of"].append(f"{subject}.{operation}")
        if bound:
            row["bounds"].append(f"{subject}: {bound}")
    lines = ["| what | rules | proven of | bound |", "|---|---|---|---|"]
    for says, row in rows.items():
        names = ", ".join(f"`{name}`" for name in row["of"])
        lines.append(f"| {says} | {row['tag']} | {names} | {'; '.join(row['bounds'])} |")
    return "\n".join(lines) + "\n"


def main(arguments):
    check = "--check" in arguments
    programs = [a for a in arguments if a != "--check"]
    if len(programs) > 1 or any(a.startswith("-") for a in programs):
        print(__doc__, file=sys.stderr)
        return 2
    program = programs[0] if programs else str(ROOT / "build/proofs/quire-prove")
    try:
        wanted = table(program)
    except (OSError, subprocess.CalledProcessError) as e:
        print(f"what_is_proven.py: {program} --list: {e}", file=sys.stderr)
        return 3
    readme = ROOT / "README.md"
    text = readme.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        print(f"what_is_proven.py: {readme.name} has not the two lines around the table")
        return 1
    before, rest = text.split(BEGIN)
    has, behind = rest.split(END)
    if has == wanted:
        return 0
    if check:
        print(f"what_is_proven.py: {readme.name} has another table; proofs/what_is_proven.py mends it")
        return 1
    readme.write_text(before + BEGIN + wanted + END + behind)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
