#!/usr/bin/env python3
"""Tests that the README.md files are right: output, links, paths, options, and the C++ example.

usage: readme_test.py [--without-build] [--list]
  --without-build  leave out what needs build/: output of quire-check and quire-prove, their options
  --list           print each command that is shown with its output, and why it is not run if so

In each README.md:
- A block of code that begins with '$ COMMAND' shows what COMMAND prints. Those that are cheap and
  always print the same are run, and compared; times, rates and sizes in memory are not. A line '...'
  in a block stands for any lines. Commands that are not run, and those with a remark behind '  # ', are
  named below, each with its reason.
- Each relative link leads to a file, and its #anchor to a heading.
- Each path in backticks, or in a block of code, that looks like a file of the tree is one.
- Each block of C++ with a main() compiles.
README.md has at most 150 lines. tests/README.md names each step of tests/run, props/README.md each
suite and option of quire-check, proofs/README.md each option of quire-prove.

Prints what is wrong, a line each, and exits with 1 if anything is.
"""

import collections
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap

from source_tree import FOLDERS, ROOT, files, read

LINES_MAX = 150
SECONDS_MAX = 120
PROGRAMS = {"quire-check": "build/props/quire-check", "quire-prove": "build/proofs/quire-prove"}
SOURCE = (".h", ".cpp", ".S", ".inc", ".py", ".txt", ".json", ".build", ".md")

Block = collections.namedtuple("Block", "line language text")
Shown = collections.namedtuple("Shown", "command expected")


def take_apart(text):
    """The blocks of code of a README, fenced or indented, and its other lines with their numbers."""
    blocks, prose, lines = [], [], text.splitlines()
    at, blank_before = 0, True
    while at < len(lines):
        first, line = at, lines[at]
        at += 1
        if fence := re.match(r"( *)```(\w*)", line):
            while at < len(lines) and not lines[at].strip().startswith("```"):
                at += 1
            blocks.append(Block(first + 1, fence[2], textwrap.dedent("\n".join(lines[first + 1:at]))))
            at += 1
        elif blank_before and line.startswith("    "):
            while at < len(lines) and (not lines[at].strip() or lines[at].startswith("    ")):
                at += 1
            blocks.append(Block(first + 1, "", textwrap.dedent("\n".join(lines[first:at])).strip("\n")))
        else:
            prose.append((first + 1, line))
        blank_before = at == len(lines) or not lines[at - 1].strip()
    return blocks, prose


def shown_in(block):
    """The commands of a block that begins with one, each with the lines that it prints."""
    shown = []
    for line in block.text.splitlines() if block.text.startswith("$ ") else ():
        if line.startswith("$ "):
            shown.append(Shown(line[2:], []))
        else:
            shown[-1].expected.append(line)
    return shown


def program_of(command):
    """The program of a command by its path from the root, and the arguments."""
    name, *arguments = shlex.split(command)
    return PROGRAMS.get(name, name.removeprefix("./")), arguments


def why_not_run(command):
    """Why a command is not run here, or None."""
    command, _, remark = command.partition("  # ")
    if remark:
        return f"of another tree: {remark.strip()}"
    if re.search(r"[|<>;&]|\$\(", re.sub(r"'[^']*'", "", command)):
        return "a line for a shell"
    program, arguments = program_of(command)
    asks_only = {"--help", "--list"} & set(arguments)
    if program == "sudo" or {"--peer", "--device=loop", "loop", "--trace-file"} & set(arguments):
        return "needs root, or a kernel"
    if program == PROGRAMS["quire-check"]:
        return None if asks_only or "--suite" in arguments else "takes long"
    if program == PROGRAMS["quire-prove"]:
        return None if asks_only or "--only" in arguments else "takes long"
    if program == "g++" or (asks_only and (ROOT / program).is_file()):
        return None
    return "takes long" if (ROOT / program).is_file() else "not a program of this tree"


def masked(text):
    """Lines without what differs from run to run: times, rates, memory, the width of columns."""
    for pattern, mask in ((r"\d+(\.\d+)?/s\b", "#/s"), (r"\d+\.\d+", "#"), (r"\b\d+ s\b", "# s"),
                          (r"\b\d+ MiB\b", "# MiB"), (r"[ \t]+", " ")):
        text = re.sub(pattern, mask, text)
    return [line.strip() for line in text.strip().splitlines()]


def difference(expected, printed):
    """The first line that is not printed as expected, where '...' is any lines; or None."""
    place, skips = 0, False
    for line in expected:
        if line == "...":
            skips = True
            continue
        found = place
        while skips and found < len(printed) and printed[found] != line:
            found += 1
        if found == len(printed) or printed[found] != line:
            there = printed[place] if place < len(printed) else "nothing"
            return f"shows '{line}', where '{there}' is printed"
        place, skips = found + 1, False
    return None if skips or place == len(printed) else f"lacks '{printed[place]}'"


def run(command, folder):
    """What a command prints, run in `folder`, where the tree's files are."""
    program, arguments = program_of(command)
    program = os.path.join(folder, program) if "/" in program else program
    done = subprocess.run([program, *arguments], cwd=folder, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                          timeout=SECONDS_MAX)
    return done.stdout


def wrong_output(name, blocks, has_build, not_run):
    """What is wrong with the output that a README shows. Adds commands that were not run."""
    with tempfile.TemporaryDirectory(prefix="quire-readme-test.") as folder:
        for entry in os.listdir(ROOT):
            os.symlink(ROOT / entry, os.path.join(folder, entry))
        for block in blocks:
            for command, expected in shown_in(block):
                why = why_not_run(command)
                if why is None and "build/" in program_of(command)[0] and not has_build:
                    why = "left out, as asked"
                if why is not None:
                    not_run.append(f"{name}:{block.line}: {command}: {why}")
                    continue
                try:
                    printed = run(command, folder)
                except (OSError, subprocess.TimeoutExpired) as error:
                    yield f"{name}:{block.line}: {command}: {error}"
                    continue
                if why := difference(masked("\n".join(expected)), masked(printed)):
                    yield f"{name}:{block.line}: {command}: {why}"


def anchor_of(heading):
    """As GitHub makes it."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors_of(name):
    return {anchor_of(line.lstrip("#")) for _, line in take_apart(read(name))[1]
            if re.match("#+ ", line)}


def wrong_links(name, prose):
    folder = pathlib.PurePosixPath(name).parent
    for number, line in prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if re.match(r"\w+:", target):
                continue
            path, _, anchor = target.partition("#")
            there = os.path.normpath(folder / path) if path else name
            if there.startswith("..") or not (ROOT / there).exists():
                yield f"{name}:{number}: links to {target}, which is not there"
            elif anchor and anchor not in anchors_of(there):
                yield f"{name}:{number}: links to {target}, and there is no such heading"


def is_gone(path, folder, known):
    """Whether something that looks like a path of the tree is none; folder: that of the README."""
    path = path.removeprefix("./").rstrip("/.,")
    first = path.split("/")[0]
    stands_for_others = re.search(r"(^|[/_-])[A-Z]+([._/-]|$)|[*{<…]|\.\.\.", path)
    if not path or path[0] in "/~-." or first == "build":
        return False
    if stands_for_others and "README" not in path:
        return False
    if "/" not in path:
        return path.endswith(SOURCE) and path not in {name.split("/")[-1] for name in known}
    if first in FOLDERS and (ROOT / first).exists():
        # A program may be named without build/.
        build = f"{first}/meson.build"
        is_built = build in known and f"'{path.split('/')[-1]}'" in read(build)
        return not (ROOT / path).exists() and not is_built
    if (ROOT / folder / first).is_dir():
        return not (ROOT / folder / path).exists()
    return path.endswith(SOURCE) and not any(name.endswith("/" + path) for name in known)


def wrong_paths(name, blocks, prose, known):
    folder = pathlib.PurePosixPath(name).parent
    said = [(number, word) for number, line in prose for word in re.findall(r"`([^`\s]+)`", line)]
    said += [(number, words.split()[0]) for number, line in prose
             for words in re.findall(r"`([\w./-]+ [^`]+)`", line)]
    said += [(block.line, word) for block in blocks if block.language != "cpp"
             for word in re.findall(rf"(?<![\w./~-])(?:{'|'.join(FOLDERS)})/[\w./-]+", block.text)]
    for number, word in said:
        if re.fullmatch(r"[\w./-]+", word) and is_gone(word, folder, known):
            yield f"{name}:{number}: {word} is not there"


def wrong_code(name, blocks, not_run):
    for block in blocks:
        if block.language not in ("cpp", "c++"):
            continue
        if "int main(" not in block.text:
            not_run.append(f"{name}:{block.line}: C++ without a main()")
            continue
        done = subprocess.run(
            [os.environ.get("CXX", "g++"), "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra",
             "-Werror", "-Iimpl/include", "-x", "c++", "-"],
            cwd=ROOT, input=block.text, text=True, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            yield f"{name}:{block.line}: does not compile:\n{done.stderr.rstrip()}"


def wrong_lists(has_build):
    """What a manual ought to name and does not."""
    demands = [("tests/README.md", re.findall(r'^ *"\|?(.+):\w+"\)?$', read("tests/run"), re.MULTILINE))]
    if has_build:
        for program, manual in (("quire-check", "props/README.md"), ("quire-prove", "proofs/README.md")):
            said = run(program + " --help", ROOT)
            demands.append((manual, sorted(set(re.findall(r"^ +(?:-\w,)?(--[a-z0-9-]+)", said,
                                                          re.MULTILINE)) - {"--help"})))
        said = run("quire-check --list", ROOT)
        demands.append(("props/README.md", [line.split()[0] for line in said.splitlines()]))
    for manual, names in demands:
        text = read(manual) if (ROOT / manual).exists() else ""
        if not names:
            yield f"{manual}: nothing is found that it has to name"
        yield from (f"{manual}: does not name {name}" for name in names if name not in text)


def main():
    if not set(sys.argv[1:]) <= {"--without-build", "--list"}:
        sys.exit(__doc__)
    has_build = "--without-build" not in sys.argv
    known = files()
    readmes = [name for name in known if name.split("/")[-1] == "README.md"]
    apart = {name: take_apart(read(name)) for name in readmes}
    if "--list" in sys.argv:
        for name, (blocks, _) in apart.items():
            for block in blocks:
                for command, _ in shown_in(block):
                    print(f"{name}:{block.line}: {command}: {why_not_run(command) or 'is run'}")
        return 0
    wrong, not_run, commands = [], [], 0
    if (lines := len(read("README.md").splitlines())) > LINES_MAX:
        wrong.append(f"README.md: {lines} lines; {LINES_MAX} are enough")
    for name, (blocks, prose) in apart.items():
        wrong += wrong_links(name, prose)
        wrong += wrong_paths(name, blocks, prose, known)
        wrong += wrong_code(name, blocks, not_run)
        wrong += wrong_output(name, blocks, has_build, not_run)
        commands += sum(len(shown_in(block)) for block in blocks)
    wrong += wrong_lists(has_build)
    print("\n".join(wrong + [f"not checked: {each}" for each in not_run] + [
        f"{len(readmes)} READMEs, {commands} commands shown, {len(not_run)} blocks not checked, "
        f"{len(wrong)} wrong"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
