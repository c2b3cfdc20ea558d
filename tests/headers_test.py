#!/usr/bin/env python3
"""Tests that every header compiles alone.

usage: headers_test.py [COMPILER]

Prints what the compiler says of those that do not, and exits with 1 if there is any. Public headers
are compiled as a user compiles them: with nothing of the project but the folders that are installed.
A header that a file includes before anything else is compiled alone with that file. So it is left out
if the build compiles the file with nothing before it, or if the file is a header of this test.
What most headers include is compiled once, for those alone that include it themselves.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from source_tree import ROOT, code, read

PUBLIC = ("impl/include/", "props/include/")
PLAIN_C = {"impl/include/quire/allocator_table.h"}
INSTALLED = ["-I" + folder for folder in PUBLIC]
OWN = ["-I.", *INSTALLED]
FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
# Those of ref and props are joined to larger ones (unity), and those of tests have precompiled headers.
BUILT_ALONE = ("impl/", "proofs/")

# Headers to be precompiled, each for those that include it, directly or not; a later one is preferred.
PRECOMPILED = ("spec/reflect.h", "rapidcheck/Gen.h", "spec/steps.h", "props/judge/judge.h",
               "props/differential/command.h", "ref/linux/xfs/inode.h", "tests/ref/judge.h")


def included(name, found):
    """Adds to `found` the headers that a file includes, directly or by one of the project."""
    for kind, header in re.findall(r'^#include ([<"])(.*)[>"]', read(name), re.MULTILINE):
        if header in found:
            continue
        if kind == "<":
            found.add(header)
        elif (ROOT / header).exists():
            found.add(header)
            included(header, found)
    return found


def included_first(name):
    """The header of the project that a file includes before anything else, or None."""
    first = re.search(r'^#include ([<"].*)[>"]', read(name), re.MULTILINE)
    return first[1][1:] if first and first[1].startswith('"') else None


def to_compile():
    """The headers that must be compiled here, so that every one has been compiled alone."""
    first = {name: included_first(name) for name in code() if name.endswith((".cpp", ".h"))}
    alone = set()
    for name, header in first.items():
        if name.endswith(".cpp") and name.startswith(BUILT_ALONE):
            while header and header not in alone:
                alone.add(header)
                header = first.get(header)
    left = [name for name in first if name.endswith(".h") and name not in alone]
    by_another = {first[name] for name in left}
    return [name for name in left if name not in by_another or name.startswith(PUBLIC)]


class Compiler:
    def __init__(self, command, folder):
        self.command, self.folder, self.precompiled = command, folder, {}

    def run(self, text, *arguments):
        """What the compiler says of this text, or ""."""
        done = subprocess.run([self.command, *FLAGS, *arguments], cwd=ROOT, input=text, text=True,
                              stderr=subprocess.PIPE, check=False)
        return (done.stderr or f"status {done.returncode}\n") if done.returncode or done.stderr else ""

    def precompile(self, header):
        name = self.folder / header.replace("/", "-")
        name.write_text(f'#include "{header}"\n', encoding="utf-8")
        said = self.run("", *OWN, "-std=c++23", "-x", "c++-header", name, "-o", f"{name}.gch")
        if said:
            raise SystemExit(f"{header} cannot be precompiled:\n{said}")
        self.precompiled[header] = name

    def alone(self, header):
        """What it says of a file that includes this header and nothing else, or ""."""
        if header.startswith(PUBLIC):
            name = header.split("/include/")[1]
            places, text = [*INSTALLED], f"#include <{name}>\n"
        else:
            places, text = [*OWN], f'#include "{header}"\n'
            known = [some for some in PRECOMPILED if some in included(header, set())]
            places += ["-include", self.precompiled[known[-1]]] if known else []
        for language in [["-x", "c++", "-std=c++23"]] + [["-x", "c", "-std=c99"]] * (header in PLAIN_C):
            said = self.run(text, "-fsyntax-only", *language, *places, "-")
            if said:
                return said
        return ""


def main():
    headers = to_compile()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="quire-headers.") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as crew:
        compiler = Compiler(sys.argv[1] if len(sys.argv) > 1 else "g++", pathlib.Path(folder))
        list(crew.map(compiler.precompile, PRECOMPILED))
        said = crew.map(compiler.alone, headers)
        for header, errors in zip(headers, said):
            if errors:
                failed += 1
                print(f"{header} does not compile alone:\n{errors}", end="")
    print(f"{len(headers)} headers compiled alone, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
