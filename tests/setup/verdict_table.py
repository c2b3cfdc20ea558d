"""Prints one table of the verdicts of quire-prove and quire-check, and a line of counts.

usage: verdict_table.py PROOFS.json SUITES.json...

Obligations are grouped by the first two parts of their name; each suite has a row. A file that is
missing, cannot be read or has no row is a row that failed, and the exit status is 1. Colours only on a
terminal.
"""

import json
import sys

COLOURS = {"proven": 32, "held": 32, "refuted": 31, "FAILED": 31, "undecided": 33, "skipped": 33}
# The verdict of a group is the worst of its obligations.
WORST_FIRST = ["refuted", "undecided", "proven"]


def load(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)[key]
    except (OSError, ValueError, KeyError):
        return []


def without_rows(*reports):
    """A failed row for each report without rows."""
    for path, rows in reports:
        if not rows:
            yield path.rpartition("/")[2], "FAILED", "no report of a run"


def verdict_of(obligation):
    """Any verdict but "proven" and "undecided" counts as refuted."""
    verdict = obligation["verdict"]
    return verdict if verdict in ("proven", "undecided") else "refuted"


def proof_rows(obligations):
    groups = {}
    for obligation in obligations:
        groups.setdefault(".".join(obligation["name"].split(".")[:2]), []).append(obligation)
    for group, members in groups.items():
        verdicts = [verdict_of(member) for member in members]
        verdict = min(verdicts, key=WORST_FIRST.index)
        total = {key: sum(member[key] for member in members)
                 for key in ("paths", "questions", "seconds")}
        counted = f"{verdicts.count('proven')} of {len(members)} proven"
        if "proven" not in verdicts or verdict != "proven":
            bad = [m["name"].split(".")[-1] for m in members if verdict_of(m) != "proven"]
            counted += f" (not {', '.join(bad)})"
        yield group, verdict, (f"{counted}, {total['paths']} paths, {total['questions']} questions, "
                               f"{total['seconds']:.1f} s")


def suite_rows(suites):
    for suite in suites:
        figures = f"{suite['cases']} cases"
        if suite["commands"]:
            figures += f", {suite['commands']} commands"
        figures += f", {suite['seconds']:.1f} s"
        if suite["device"] != "none":
            figures += f" on {suite['device']}"
        if "counterexample" in suite:
            figures += f"; {suite['counterexample']['replay']}"
        elif "reason" in suite:
            figures += f"; {suite['reason']}"
        yield suite["name"], suite["verdict"], figures


def main(proofs, *suites):
    obligations = load(proofs, "obligations")
    reports = [(path, load(path, "suites")) for path in suites]
    checked = [suite for _, of_report in reports for suite in of_report]
    lost = list(without_rows((proofs, obligations), *reports))
    rows = [*proof_rows(obligations), *suite_rows(checked), *lost]
    name_width = max((len(name) for name, _, _ in rows), default=0)
    for name, verdict, figures in rows:
        shown = f"{verdict:<9}"
        if sys.stdout.isatty():
            shown = f"\033[{COLOURS[verdict]}m{shown}\033[0m"
        print(f"{name:<{name_width}}  {shown}  {figures}")
    proven = [verdict_of(obligation) for obligation in obligations]
    held = [suite["verdict"] for suite in checked]
    print(f"{proven.count('proven')} proven, {proven.count('refuted')} refuted, "
          f"{proven.count('undecided')} undecided; {held.count('held')} held, "
          f"{held.count('FAILED') + len(lost)} failed, {held.count('skipped')} skipped")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
