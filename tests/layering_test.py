#!/usr/bin/env python3
"""Tests that every file includes only what its folder may, is built, and reads as the others do.

usage: layering_test.py

The arrows: spec <- ref, impl; spec, ref, impl <- props, proofs <- tests. ref and impl never see each
other. Within spec, ref, impl and proofs, MAY_SEE_ROOMS has the arrows between rooms. Prints each break
of a rule as file:line: what is wrong, and exits with 1 if there is any.
"""

import re
import sys

from source_tree import ROOT, code, files, read

# The folders whose headers a folder's files may include; "quire" is impl/include.
MAY_SEE = {
    "spec": {"spec"},
    "ref": {"spec", "ref"},
    "impl": {"spec", "impl", "quire"},
    "props": {"spec", "ref", "impl", "quire", "props"},
    "proofs": {"spec", "ref", "impl", "quire", "proofs"},
    "tests": {"spec", "ref", "impl", "quire", "props", "proofs", "tests"},
}

# The rooms of a folder, each with those it may see. It also sees itself, and what stands at the top of
# its folder. A header there that includes rooms has an entry of its own.
MAY_SEE_ROOMS = {
    "spec": {},
    "spec/steps.h": {"spec/write", "spec/locks", "spec/linux"},
    "spec/recorder.h": {"spec/write", "spec/locks", "spec/linux"},
    "spec/hooks.h": {"spec/write"},
    "spec/tapped.h": {"spec/locks"},
    "spec/locks": {},
    "spec/write": {},
    "spec/linux": {"spec/write", "spec/locks"},
    "spec/vectors": {"spec/write", "spec/linux"},

    "ref": {},
    "ref/user_memory": {},
    "ref/device": {},
    "ref/cache": {},
    "ref/throttle": {},
    "ref/vfs": {"ref/user_memory"},
    "ref/plain": {"ref/vfs", "ref/throttle", "ref/cache", "ref/device", "ref/user_memory"},
    "ref/linux/iomap": {"ref/cache", "ref/device", "ref/user_memory"},
    "ref/linux/xfs": {"ref/linux/iomap", "ref/plain", "ref/vfs", "ref/throttle", "ref/cache",
                      "ref/device", "ref/user_memory"},
    "ref/linux/f2fs": {"ref/plain", "ref/vfs", "ref/throttle", "ref/cache", "ref/device",
                       "ref/user_memory"},

    "impl": {},
    "impl/bits": {},
    "impl/process": {},
    "impl/locks": {},
    "impl/device": {"impl/process"},
    "impl/user_memory": {"impl/process"},
    "impl/cache": {"impl/bits", "impl/locks", "impl/process"},
    "impl/space": {"impl/bits", "impl/locks", "impl/process"},
    "impl/file": {"impl/cache", "impl/space", "impl/user_memory", "impl/locks", "impl/device"},
    "impl/api": {"impl/file", "impl/user_memory", "impl/device", "impl/process"},
    "impl/api/innards.h": {"impl/api", "impl/space"},

    "proofs/engine": {},
    "proofs/solvers": {"proofs/engine"},
    "proofs/models": {"proofs/engine"},
    "proofs/obligations": {"proofs/models", "proofs/solvers", "proofs/engine"},
    "proofs/vectors": {"proofs/models", "proofs/engine"},
    "proofs/tool": {"proofs/vectors", "proofs/obligations", "proofs/models", "proofs/solvers",
                    "proofs/engine"},
}

# Who alone may include what others made: the header's name begins so, the file's path so.
KEPT_TO = [
    (r"z3", ("proofs/", "tests/proofs/"), "Z3"),
    (r"rapidcheck", ("props/", "tests/"), "RapidCheck"),
    (r"gtest/|gmock/", ("tests/", "props/space/allocator_laws_props."), "GoogleTest"),
    (r"liburing", ("impl/device/uring_device.", "props/system/"), "liburing"),
]

# Public headers need nothing but each other, the standard library and POSIX.
PUBLIC = "impl/include/"
CONSUMER = "tests/consumer/"
POSIX = {"stdint.h", "sys/types.h", "sys/uio.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
OUTSIDE = re.compile(r"\.\./" + r"shared\b|(?<![\w./-])/" + r"work(?![\w-])")
MARK = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
COLUMNS = 100


def room_of(name):
    """The longest entry of MAY_SEE_ROOMS that file `name` lies in, or None."""
    while name and name not in MAY_SEE_ROOMS:
        name = name.rpartition("/")[0]
    return name or None


def wrong_room(name, header):
    """Why file `name` must not include this header of its own folder, or None."""
    here, there = room_of(name), room_of(header)
    if not here or not there or here.split("/")[0] != there.split("/")[0]:
        return None
    seen = {here, here.split("/")[0], *MAY_SEE_ROOMS[here]}
    stands_at_the_top = there.endswith(".h")
    return None if there in seen or stands_at_the_top else f"{here} must not see {there}"


NAMESPACE = re.compile(r"^namespace (quire(?:::\w+)*) \{")


def wrong_namespace(name, namespace):
    """Why a file must not open this namespace, or None: its parts are folders that the file lies in, in
    their order, and the last may be a word of the file's name."""
    *folders, last = name.split("/")
    places = iter(folders + [re.split(r"[_.]", last)])
    if all(any(part == place or part in place and isinstance(place, list) for place in places)
           for part in namespace.split("::")[1:]):
        return None
    return f"namespace {namespace} names a folder that the file does not lie in"


def wrong_include(name, kind, header):
    """Why file `name` must not include this header, or None."""
    folder, first = name.split("/")[0], header.split("/")[0]
    if name.startswith(CONSUMER) and kind == '"':
        # A project of somebody else's: it sees the library as installed, and itself.
        own = (ROOT / CONSUMER / header).exists()
        return None if own else f'a user of the library cannot see "{header}"'
    if kind == '"' and first not in MAY_SEE:
        return f'"{header}" is not written from the root'
    if (kind == '"' or first == "quire") and first not in MAY_SEE[folder]:
        return f"{folder} must not see {header}"
    if kind == '"' and (why := wrong_room(name, header)):
        return why
    for pattern, places, what in KEPT_TO:
        if re.match(pattern, header) and not name.startswith(places):
            return f"{what} is for {', '.join(places)} alone"
    if name.startswith(PUBLIC) and not (
            first == "quire" or header in POSIX or re.fullmatch(r"[a-z_]+", header)):
        return f"a public header must not need {header}"
    return None


COMMENT = re.compile(r"^\s*///?<?( *)(.*)$")
TABLE_ROW = re.compile(r"\S {3,}\S")
TYPE_ALONE = re.compile(r"^\s+(?:static |constexpr |const )*[\w:]+(?:<.*>)?[ &*]*$")
MEMBER_AND_COMMENT = re.compile(r"^\s+\w+(?:\{.*\}| = .*)?;\s+//")


def broken_by_reflow(lines):
    """Numbers of the lines where clang-format has torn a list, a table or a member apart.

    It fills up the lines of a comment as those of a paragraph: a row that became too long for one
    line loses its last words to a line of their own. A list whose items begin with "- " survives."""
    for number in range(1, len(lines)):
        before, line = lines[number - 1:number + 1]
        after = lines[number + 1] if number + 1 < len(lines) else ""
        if TYPE_ALONE.match(before) and MEMBER_AND_COMMENT.match(line):
            yield number + 1
        row, rest, more = (COMMENT.match(text) for text in (before, line, after))
        if not row or not rest or len(before) < 80 or len(line) > 70 or not rest[2]:
            continue
        words = len(rest[2].split())
        hangs = more and more[2] and len(more[1]) >= len(rest[1]) + 4
        if (hangs and words <= 4) or (
                words <= 2 and len(rest[1]) == len(row[1]) > 1 and TABLE_ROW.search(row[2])):
            yield number + 1


def in_source(name):
    """What is wrong in one file that a compiler reads: pairs of a line number and a sentence."""
    lines = read(name).splitlines()
    # A .cpp may begin with its header, which says it.
    said = ("// ",) if name.endswith(".h") else ("// ", "#include ")
    if not lines or not lines[0].startswith(said):
        yield 1, "the first line does not say what the file is"
    # A precompiled header is a main file to the compiler, which refuses the line there.
    if name.endswith(".h") and "/pch/" not in name and "#pragma once" not in lines:
        yield 1, "the header has no #pragma once"
    for number in broken_by_reflow(lines):
        yield number, "torn off by clang-format: begin the items of a list with '- '"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield number, f"{len(line)} columns; {COLUMNS} are enough"
        include = INCLUDE.match(line)
        if include and (why := wrong_include(name, *include.groups())):
            yield number, why
        opened = NAMESPACE.match(line)
        if opened and (why := wrong_namespace(name, opened[1])):
            yield number, why


def unbuilt():
    """Source files that no meson.build names."""
    named = {}
    for name in files():
        if name.endswith("meson.build"):
            named[name.rpartition("/")[0]] = read(name)
    for name in code():
        if not name.endswith((".cpp", ".S")):
            continue
        folder = name.rpartition("/")[0]
        while folder and folder not in named:
            folder = folder.rpartition("/")[0]
        builds = [(folder, named.get(folder, "")), ("tests", named.get("tests", ""))]
        if not any(f"'{name.removeprefix(place + '/')}'" in text or f"'../{name}'" in text
                   for place, text in builds):
            yield name


def main():
    wrong = []
    for name in code():
        wrong += [f"{name}:{number}: {why}" for number, why in in_source(name)]
    for name in files():
        for number, line in enumerate(read(name).splitlines(), 1):
            if OUTSIDE.search(line):
                wrong.append(f"{name}:{number}: names a place outside the project")
            if MARK.search(line):
                wrong.append(f"{name}:{number}: a mark of unfinished work")
    wrong += [f"{name}: no meson.build names it" for name in unbuilt()]
    print("\n".join(wrong + [f"{len(code())} files read, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
