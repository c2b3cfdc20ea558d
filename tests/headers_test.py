#!/usr/bin/env python3
"""Tests that every header compiles alone.

usage: headers_test.py [COMPILER]

Prints what the compiler says of those that do not, and exits with 1 if there is any. Public headers
are compiled as a user of the library compiles them: with nothing of the project but impl/include.
A header that a file includes before anything else is compiled alone with that file. So it is left out
if the build compiles the file with nothing before it, or if the file is a header of this test.
"""

import concurrent.futures
import os
import re
import subprocess
import sys

from source_tree import ROOT, code, read

PUBLIC = "impl/include/"
PLAIN_C = {"impl/include/quire/allocator_table.h"}
FLAGS = ["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
# Those of ref and props are joined to larger ones (unity), and those of tests have precompiled headers.
BUILT_ALONE = ("impl/", "proofs/")


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


def compile_alone(compiler, header):
    """What the compiler says of a file that includes this header and nothing else, or ""."""
    if header.startswith(PUBLIC):
        places, text = ["-I" + PUBLIC], f"#include <{header.removeprefix(PUBLIC)}>\n"
    else:
        places, text = ["-I.", "-I" + PUBLIC], f'#include "{header}"\n'
    for language in [["-x", "c++", "-std=c++23"]] + [["-x", "c", "-std=c99"]] * (header in PLAIN_C):
        done = subprocess.run([compiler, *FLAGS, *language, *places, "-"], cwd=ROOT, input=text,
                              text=True, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0 or done.stderr:
            return done.stderr or f"status {done.returncode}\n"
    return ""


def main():
    compiler = sys.argv[1] if len(sys.argv) > 1 else "g++"
    headers = to_compile()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as crew:
        said = crew.map(lambda header: compile_alone(compiler, header), headers)
        for header, errors in zip(headers, said):
            if errors:
                failed += 1
                print(f"{header} does not compile alone:\n{errors}", end="")
    print(f"{len(headers)} headers compiled alone, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
