#!/usr/bin/env python3
"""Tests that each clause of spec/ is judged by something that a break makes fail.

usage: clauses_test.py [--records]
  --records  prints where each record of spec/steps.h is reported, one a line

A clause must stand in a tuple, and each tuple must be searched for breaks by
tests/spec/every_clause_test.cpp: by name, or as the clauses_of() a record of spec/steps.h. A clause
of contents (spec/write/file_write.h) has no record to search; tests/spec/file_write_test.cpp breaks each by
name. Each record of spec/steps.h must be reported by a path of ref/ or impl/, or stand in the table of
spec/README.md of those that none reports. A header that says that it stands alone is on no path. Prints
what is wrong, a line each, and exits with 1 if anything is.
"""

import re
import sys

from source_tree import code, read

STEPS = "spec/steps.h"
SEARCH = "tests/spec/every_clause_test.cpp"
CONTENTS = "spec/write/file_write.h"
BY_NAME = "tests/spec/file_write_test.cpp"
MODEL = "spec/README.md"
NO_PATH = "## Records that no path reports"
STANDS_ALONE = "// Part of a model that stands alone"

CLAUSE = re.compile(r"inline constexpr auto (\w+) = clause\(")
TUPLE = re.compile(
    r"inline constexpr auto (\w+_clauses) =\s*boost::hana::(make_tuple|concat|append|prepend)"
    r"\((.*?)\);", re.S)
CLAUSES_OF = re.compile(
    r"clauses_of\(const (\w+)<W>&\)\s*\{\s*return (\w+);", re.S)
ROW = re.compile(r"^\|\s*([^|]*?)\s*\|([^|]*)\|$")


def reports_of(record, texts):
    """The files of ref/ and impl/ that make such a record, or fill one in, on some path."""
    made = re.compile(rf"\bspec::{record}<")
    return [name for name, text in texts.items()
            if name.startswith(("ref/", "impl/")) and made.search(text)
            and STANDS_ALONE not in texts.get(re.sub(r"\.cpp$", ".h", name), "")]


def excused_records():
    """Records of the table of those that no path reports, each with its reason."""
    _, found, section = read(MODEL).partition(NO_PATH)
    rows = (ROW.match(line) for line in re.split(r"^## ", section, flags=re.M)[0].splitlines())
    return {name.strip("` "): row[2].strip() for row in rows if found and row
            for name in row[1].split(",") if name.strip().startswith("`")}


def main():
    texts = {name: read(name) for name in code()}
    spec = {name: text for name, text in texts.items() if name.startswith("spec/")}
    records = re.findall(r"(\w+)<std::uint64_t>", texts[STEPS].partition("using Step")[2])
    by_record = {record: clauses for text in spec.values()
                 for record, clauses in CLAUSES_OF.findall(text)}
    tuples, wrong = {}, []
    for text in spec.values():
        for name, _, members in TUPLE.findall(text):
            tuples[name] = set(re.findall(r"\w+", members))
    searched = {by_record[record] for record in records if record in by_record}
    searched |= {name for name in tuples if f"spec::{name}" in texts[SEARCH]}
    members = set()
    for name in searched:
        todo = [name]
        while todo:
            for member in tuples.get(todo.pop(), ()):
                members.add(member)
                if member in tuples:
                    todo.append(member)
    for name, text in spec.items():
        for clause in CLAUSE.findall(text):
            if name == CONTENTS:
                if f'"{clause}"' not in texts.get(BY_NAME, ""):
                    wrong.append(f"{name}: {clause} is broken by no case of {BY_NAME}")
            elif clause not in members:
                wrong.append(f"{name}: {clause} is in no tuple that {SEARCH} searches")
    excused = excused_records()
    for record in records:
        found = reports_of(record, texts) or (
            ["spec/ taps"] if any(f"{record}<W>" in text for name, text in spec.items()
                                  if name.endswith("tapped.h")) else [])
        if sys.argv[1:] == ["--records"]:
            print(f"{record}: {', '.join(found) or excused.get(record, 'nobody')}")
        if not found and record not in excused:
            wrong.append(f"{STEPS}: no path of ref/ or impl/ reports {record}; {MODEL} is silent")
        if found and record in excused:
            wrong.append(f"{MODEL}: {record} is reported by {found[0]}")
    clauses = sum(len(CLAUSE.findall(text)) for text in spec.values())
    print("\n".join(wrong + [f"{clauses} clauses, {len(records)} records, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
