"""The files of this project, for the tests that read them."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("spec", "ref", "impl", "props", "proofs", "tests")
CODE = (".h", ".cpp", ".S", ".inc")


def files():
    """Paths, relative to ROOT, of all that is in git or could be; without git, of all that is there
    but for build folders and what begins with a dot."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.split("\0")
    else:
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")]
        names = [name for name in names if not name.startswith((".", "build"))]
    return sorted({name for name in names if name and (ROOT / name).is_file()})


def code():
    """Those of files() that a compiler reads, of the project itself. A test that reads none fails."""
    found = [name for name in files()
             if name.endswith(CODE) and name.split("/")[0] in FOLDERS]
    if not found:
        sys.exit(f"{ROOT}: no source file is found")
    return found


def read(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")
