#!/usr/bin/env python3
"""Tests that libquire.so exports its public interface and nothing else.

usage: symbols.py LIBQUIRE.so FOLDER_OF_HEADERS

A symbol may be exported if it is a member of a class, or a function, that a header marks QUIRE_API,
or the type information of such a class; and each of those classes and functions must be. Prints
what is wrong, and exits with 1 if anything is.
"""
import re
import subprocess
import sys
from pathlib import Path


def public_names(headers: Path) -> tuple[set[str], set[str]]:
    """The classes and functions that headers mark QUIRE_API."""
    text = "".join(path.read_text() for path in sorted(headers.glob("*.h")))
    text = re.sub(r"//[^\n]*|#define[^\n]*", "", text)
    classes = set(re.findall(r"\b(?:class|struct) QUIRE_API (\w+)", text))
    functions = set(re.findall(r"\bQUIRE_API (?!\w+\s*[{;:])[^;(]*?(\w+)\(", text))
    return classes, functions


def main() -> int:
    library, headers = Path(sys.argv[1]), Path(sys.argv[2])
    classes, functions = public_names(headers)
    listed = subprocess.run(["nm", "-D", "-C", "--defined-only", library], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    names = [line.split(maxsplit=2)[2] for line in listed]
    allowed = re.compile(
        r"((typeinfo( name)?|vtable) for )?quire::(" + "|".join(sorted(classes)) + r")(::.*)?"
        r"|quire::(" + "|".join(sorted(functions)) + r")\(.*")
    wrong = [f"exports {name}" for name in names if not allowed.fullmatch(name)]
    for name in sorted(functions):
        if not any(symbol.startswith(f"quire::{name}(") for symbol in names):
            wrong.append(f"does not export quire::{name}()")
    for name in sorted(classes):
        if not any(f"quire::{name}" in symbol for symbol in names):
            wrong.append(f"exports nothing of quire::{name}")
    if not (classes and functions and names):
        wrong.append(f"{len(classes)} classes, {len(functions)} functions, {len(names)} symbols")
    for line in wrong:
        print(f"{library}: {line}")
    print(f"{len(names)} symbols exported, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
