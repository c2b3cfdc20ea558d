#!/usr/bin/env python3
"""Tests that every header compiles alone.

usage: headers_test.py [COMPILER]

Prints what the compiler says of those that do not, and exits with 1 if there is any. Public headers
are compiled as a user of the library compiles them: with nothing of the project but impl/include.
A header that some file includes before anything else has been compiled alone by the build, and is
left out here, but where a build precompiles what stands before it.
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
BUILT_WITHOUT_PRECOMPILED = ("impl/", "props/", "proofs/")


def included_first():
    """The headers that a file of the build begins with."""
    firsts = (re.search(r'^#include ([<"].*)[>"]', read(name), re.MULTILINE) for name in code()
              if name.endswith(".cpp") and name.startswith(BUILT_WITHOUT_PRECOMPILED))
    return {first[1][1:] for first in firsts if first and first[1].startswith('"')}


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
    built = included_first()
    headers = [name for name in code()
               if name.endswith(".h") and (name.startswith(PUBLIC) or name not in built)]
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
