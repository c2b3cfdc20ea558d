#!/usr/bin/env python3
"""Tests the installed checker: that a stranger can check an allocator with it, as the manual says.

usage: installed_test.py BUILD FOLDER

Installs what BUILD holds under FOLDER, which must be empty, and follows props/check-your-allocator.md from an
empty folder: a name in backticks with a colon says which file the next block is, and a block that begins
with '$ COMMAND' shows what COMMAND prints ('...' stands for any lines; times are not compared). The environment
knows nothing of this tree.

Prints what is wrong, and exits with 1 if anything is.
"""

import os
import pathlib
import re
import subprocess
import sys

from readme_test import difference, masked, shown_in, take_apart
from source_tree import ROOT, read

MANUAL = "props/check-your-allocator.md"
SECONDS_MAX = 300


def install(build, folder):
    """Installs what `build` holds. Returns the folder that has bin/ and include/, and the one of the libraries."""
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet", f"--destdir={folder}"], check=True)
    library, = pathlib.Path(folder).rglob("libquire-check.a")
    return next(folder.rglob("quire-check")).parent.parent, library.parent


def environment(prefix, libraries):
    """What a user sets for a prefix of his own."""
    return {**{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "CCACHE_DIR") if name in os.environ},
            "PATH": f"{prefix / 'bin'}:{os.environ['PATH']}", "PKG_CONFIG_PATH": str(libraries / "pkgconfig"),
            "LD_LIBRARY_PATH": str(libraries), "CMAKE_PREFIX_PATH": str(prefix)}


def files_of(text):
    """The files that the manual has its reader write: their names and texts."""
    return re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def wrong_steps(folder, known):
    """Does what the manual says in an empty folder, and yields what comes out otherwise."""
    text = read(MANUAL)
    files = files_of(text)
    for name, content in files:
        (folder / name).write_text(content, encoding="utf-8")
    shown = [(block, *step) for block in take_apart(text)[0] for step in shown_in(block)]
    if len(files) < 4 or len(shown) < 8:
        yield f"{MANUAL}: {len(files)} files and {len(shown)} commands are found"
    for block, command, expected in shown:
        done = subprocess.run(["bash", "-c", command], cwd=folder, env=known, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS_MAX)
        if why := difference(masked("\n".join(expected)), masked(re.sub(r"\(\d+ ms\)", "(1500 ms)", done.stdout))):
            yield f"{MANUAL}:{block.line}: {command}: {why}\n{done.stdout}"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    build, folder = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    if not (build / "build.ninja").is_file() or not folder.is_dir() or any(folder.iterdir()):
        sys.exit("installed_test.py: BUILD must be a build folder, FOLDER an empty one")
    installed, work = folder / "installed", folder / "work"
    work.mkdir()
    prefix, libraries = install(build, installed)
    wrong = list(wrong_steps(work, environment(prefix, libraries)))
    print("\n".join(wrong + [f"the manual is followed, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
