#!/usr/bin/env python3
"""Tests that each rule of spec/rules.txt is cited, or excused in spec/README.md, and no other is.

usage: rules_test.py [--uncited]
  --uncited  prints only the tags that are neither cited nor excused, one a line

A rule is cited by the source of a clause in spec/, or by a file in props/ or tests/. A range counts
for each of its rules: GPW-1..6, GPW-1..GPW-6. Prints what is wrong, a line each, and exits with 1 if
anything is.
"""

import re
import sys

from source_tree import code, files, read

RULES = "spec/rules.txt"
MODEL = "spec/README.md"
EXCUSES = "## Rules not cited"
SELF = "tests/rules_test.py"

RULE = re.compile(r"^([A-Z][A-Z0-9]*?(?:-)?\d+)\s+(\S.*)$")
# A clause's source; a long one is a row of literals.
SOURCE = re.compile(r'\.source\s*=\s*((?:"[^"]*"\s*)+)')
ROW = re.compile(r"^\|([^|]*)\|([^|]*)\|$")


def rules():
    """Tag and title, in order; what is wrong with the list."""
    found, wrong = {}, []
    for number, line in enumerate(read(RULES).splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        rule = RULE.match(line)
        if not rule:
            wrong.append(f"{RULES}:{number}: no tag and title")
        elif rule[1] in found:
            wrong.append(f"{RULES}:{number}: {rule[1]} stands here twice")
        else:
            found[rule[1]] = rule[2]
    return found, wrong


def tag_pattern(known):
    """Finds what looks like a tag of the list, and where a range ends.

    The letters are those of the list: UTF-8 is no tag. O2 is one, the option -O2 is not."""
    letters = sorted({tag.rpartition("-")[0] for tag in known if "-" in tag}, key=len, reverse=True)
    dashed = "|".join(map(re.escape, letters))
    return re.compile(
        rf"(?<![\w-])(?:({dashed})-|(O))(\d+)(?:\.\.(?:(?:{dashed})-|O)?(\d+))?(?![\w])")


def tags(pattern, text):
    """The tags that a text names, ranges spelled out."""
    for letters, o, first, last in pattern.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{letters}-{number}" if letters else f"{o}{number}"


def cited(pattern):
    """Tags that a clause, a property or a test cites."""
    found = set()
    for name in code():
        if name.startswith("spec/"):
            for source in SOURCE.findall(read(name)):
                found |= set(tags(pattern, source))
    for name in files():
        # A mistake of the museum names the rule that it breaks; that checks nothing.
        checks = name.startswith(("props/", "tests/")) and not name.startswith("tests/mutants/museum/")
        if checks and name != SELF:
            found |= set(tags(pattern, read(name)))
    return found


def excused(pattern):
    """Tags of the table of rules that nothing cites, each with its reason."""
    _, found, section = read(MODEL).partition(EXCUSES)
    if not found:
        return {}
    reasons = {}
    for line in re.split(r"^## ", section, flags=re.M)[0].splitlines():
        row = ROW.match(line)
        for tag in tags(pattern, row[1]) if row else ():
            reasons[tag] = row[2].strip()
    return reasons


def unknown(pattern, known):
    """What is cited and does not stand in the list: pairs of a place and a tag."""
    for name in files():
        if name in (RULES, SELF):
            continue
        for number, line in enumerate(read(name).splitlines(), 1):
            for tag in tags(pattern, line):
                if tag not in known:
                    yield f"{name}:{number}", tag


def main():
    known, wrong = rules()
    pattern = tag_pattern(known)
    in_use, reasons = cited(pattern), excused(pattern)
    uncited = [tag for tag in known if tag not in in_use and tag not in reasons]
    if sys.argv[1:] == ["--uncited"]:
        print("\n".join(uncited))
        return 1 if uncited else 0
    wrong += [f"{RULES}: {tag} is neither cited nor excused: {known[tag]}" for tag in uncited]
    for tag, reason in reasons.items():
        if tag in in_use:
            wrong.append(f"{MODEL}: {tag} is excused, but something cites it")
        if not reason:
            wrong.append(f"{MODEL}: {tag} is excused without a reason")
    wrong += [f"{place}: cites {tag}, which {RULES} does not have"
              for place, tag in unknown(pattern, known)]
    print("\n".join(wrong + [f"{len(known)} rules, {len(reasons)} excused, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
