#!/usr/bin/env python3
"""Tests the installed headers under the compilers of other projects.

usage: headers.py FOLDER_OF_HEADERS CFLAGS...

FOLDER_OF_HEADERS: where quire/ was installed to. CFLAGS: what `pkg-config --cflags quire` says.
allocator_table.h compiles as C99 and as any C++. Every other header compiles as C++23, and says in
a single error that it needs that where it gets less. Compilers that are not installed are named.
Prints what is wrong, and exits with 1 if anything is.
"""
import shutil
import subprocess
import sys
from pathlib import Path

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
PLAIN_C = {"allocator_table.h"}
CXX = ["g++", "clang++-19"]
C = ["gcc", "clang-19"]


def errors(compiler: str, language: list[str], flags: list[str], header: str) -> list[str]:
    """The lines in which the compiler finds an error or a warning, in a file of this header."""
    done = subprocess.run([compiler, *WARNINGS, *language, *flags, "-"], text=True, check=False,
                          input=f"#include <quire/{header}>\nextern int a_declaration;\n",
                          capture_output=True)
    found = [line for line in done.stderr.splitlines()
             if "error:" in line or "warning:" in line]
    if (done.returncode != 0) != bool(found):
        found.append(f"status {done.returncode}: {done.stderr}")
    return found


def wrong_with(compiler: str, header: str, flags: list[str]) -> list[str]:
    """What is wrong with this header under this compiler."""
    wrong = []
    plain = header in PLAIN_C
    good = (["c99", "c11"] if compiler in C else ["c++11", "c++17"]) if plain else []
    bad = [] if plain else ["c99"] if compiler in C else ["c++11", "c++17", "c++20", "gnu++20"]
    if compiler in CXX:
        good += ["c++23", "gnu++23"]
    for standard in good:
        language = ["-x", "c" if compiler in C else "c++", f"-std={standard}"]
        wrong += [f"{standard}: {line}" for line in errors(compiler, language, flags, header)]
    for standard in bad:
        language = ["-x", "c" if compiler in C else "c++", f"-std={standard}"]
        found = errors(compiler, language, flags, header)
        if len(found) != 1 or "libquire needs C++23" not in found[0]:
            wrong.append(f"{standard}: not one error that names C++23, but {found}")
    return [f"{compiler}, {header}, {line}" for line in wrong]


def main() -> int:
    folder, flags = Path(sys.argv[1]), sys.argv[2:]
    headers = sorted(path.name for path in (folder / "quire").glob("*.h"))
    wrong = [f"pkg-config chooses the language for its users: {flag}"
             for flag in flags if flag.startswith("-std")]
    if not headers:
        wrong.append(f"{folder}: no headers")
    for compiler in C + CXX:
        if shutil.which(compiler) is None:
            print(f"{compiler} is not installed: its part is left out")
            continue
        for header in headers:
            wrong += wrong_with(compiler, header, flags)
    for line in wrong:
        print(line)
    print(f"{len(headers)} installed headers, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
