#!/usr/bin/env python3
"""Tests that each script can be executed, and that tests/run runs each test that is one.

usage: scripts_test.py

A script begins with #!. Prints what is wrong, a line each, and exits with 1 if anything is."""

import os
import sys

from source_tree import ROOT, files, read

RUN = "tests/run"


def main():
    scripts = [name for name in files() if (ROOT / name).read_bytes()[:2] == b"#!"]
    wrong = [f"{name}: a script that may not be executed" for name in scripts
             if not os.access(ROOT / name, os.X_OK)]
    run = read(RUN)
    wrong += [f"{name}: {RUN} does not run it" for name in scripts
              if name.startswith("tests/") and name.endswith("_test.py") and name not in run]
    if RUN not in scripts:
        wrong.append(f"{RUN}: no script")
    print("\n".join(wrong + [f"{len(scripts)} scripts, {len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
