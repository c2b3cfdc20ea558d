#!/usr/bin/env python3
"""Prints one row of the table of tests/mutants/run, and whether the mutant was found.

usage: verdict.py FOLDER COMMANDS_MAX NAME SUITES OBLIGATION

FOLDER holds check-SUITE.{status,json,txt} and, if there is an OBLIGATION, prove.{status,json,txt}.
A suite has found the mutant if it exited with 1 and its JSON has a counterexample of at most
COMMANDS_MAX commands. The obligation has found it if quire-prove exited with 1 and refuted it with a
counterexample. The exit status is 0 if each of them has."""
import json
import re
import sys


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def results(folder, stem):
    """The exit status, and the JSON if the program wrote it."""
    status = int(read(f"{folder}/{stem}.status"))
    try:
        return status, json.loads(read(f"{folder}/{stem}.json"))
    except (OSError, ValueError):
        return status, None


def last_line(folder, stem):
    lines = read(f"{folder}/{stem}.txt").strip().splitlines()
    return lines[-1][:100] if lines else "it printed nothing"


def check(folder, suite, commands_max):
    """(whether the suite found the mutant, the text of the row)."""
    stem = f"check-{suite}"
    status, answer = results(folder, stem)
    found = answer["suites"][0] if answer else {}
    example = found.get("counterexample")
    if status != 1 or example is None:
        return False, f"{suite}: NOT FOUND, status {status}: {last_line(folder, stem)}"
    text = f"{suite}: case {found['cases']}"
    replay = re.search(r"--replay '(.*)'", example["replay"])
    commands = len(json.loads(replay[1])["commands"]) if replay else 1
    if replay:
        text += f", {commands} command{'s' if commands != 1 else ''}"
    text += f" [{example['source']}]"
    if commands > commands_max:
        text += " TOO LONG"
    return commands <= commands_max, text


def prove(folder, obligation):
    status, answer = results(folder, "prove")
    refuted = [o for o in (answer or {}).get("obligations", [])
               if o["verdict"] == "refuted" and "counterexample" in o]
    if status != 1 or not refuted:
        return False, f"{obligation}: NOT REFUTED, status {status}: {last_line(folder, 'prove')}"
    one = refuted[0]
    example = one["counterexample"]
    says = f"[{example['source']}]" if example["source"] else f"\"{example['says']}\""
    return True, f"{one['name']} ({one['seconds']:.1f} s) {says}"


def main():
    folder, commands_max, name, suites, obligation = sys.argv[1:]
    rows = [check(folder, suite, int(commands_max)) for suite in suites.split()]
    proof = prove(folder, obligation) if obligation else (True, "-")
    print(f"{name:<34} {rows[0][1]:<66} {proof[1]}")
    for _, text in rows[1:]:
        print(f"{'':<34} {text}")
    return 0 if proof[0] and all(found for found, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
