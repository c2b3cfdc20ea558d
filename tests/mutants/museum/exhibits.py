"""The exhibits of the museum: mistakes, and a copy of the tree in which each can be switched on.

An exhibit is a table in exhibits/*.toml:

  [[exhibit]]
  name = "short_copy_accepted"                        # of letters, digits and _
  story = "A short copy into stale blocks counts."    # one sentence, for the table
  rule = "WB-3"                                       # the tags of the rules that it breaks
  kernel = "3ac974796e5d (v6.6)"                      # a commit that had or mended it; optional
  equal = "..."                                       # why nobody can see it; optional
  [[exhibit.change]]
  file = "impl/file/accept.h"
  from = "copied == length || range_uptodate"         # once in the file, or in `within`
  to = "copied <= length || range_uptodate"
  within = "..."                                      # once in the file, and has `from`; optional

`from` is an expression, or statements, the last with its ; or }. A declaration cannot be switched: its
initializer can. An exhibit of several changes makes all of them.

In the copy each change becomes a choice at run time: by the environment variable QUIRE_MISTAKE, which has
the number of an exhibit; without it, the code does what the tree's does."""

import dataclasses
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
import source_tree  # noqa: E402

ROOT = source_tree.ROOT
FOLDER = HERE / "exhibits"
HEADER = "museum_switch.h"
CHOICE = "quire_museum::on"

SWITCH = '''// Which mistake of the museum this process makes: the one whose number is in QUIRE_MISTAKE.
#pragma once
#ifndef __ASSEMBLER__
#include <cstdlib>
namespace quire_museum {
inline const int chosen = [] {
  const char* number = std::getenv("QUIRE_MISTAKE");
  return number == nullptr ? 0 : std::atoi(number);
}();
constexpr bool on(int mistake) {
  if consteval { return false; }
  return chosen == mistake;
}
}  // namespace quire_museum
#endif
'''


class Wrong(Exception):
    """An exhibit does not fit the tree."""


@dataclasses.dataclass(frozen=True)
class Change:
    file: str
    start: int  # characters [start, end) of the file become `to`
    end: int
    to: str


@dataclasses.dataclass(frozen=True)
class Exhibit:
    number: int  # from 1, in the order of the files and of the tables in them
    name: str
    story: str
    rule: str
    kernel: str
    equal: str
    room: str    # the name of its file in exhibits/
    changes: tuple


def only_place(text, part, of):
    """Where `part` stands in `text`, which has it once."""
    start = text.find(part)
    if start < 0:
        raise Wrong(f"{of}: there is no such text: {part.strip()[:70]!r}")
    if text.find(part, start + 1) >= 0:
        raise Wrong(f"{of}: this text stands there more than once: {part.strip()[:70]!r}")
    return start


def check_whole(code, of):
    """Raises Wrong if `code` is neither an expression nor statements: a bracket or a block is cut."""
    depth, statements = 0, False
    for sign in re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'', "", code):
        depth += (sign in "([{") - (sign in ")]}")
        statements |= sign == ";" and depth == 0
        if depth < 0:
            break
    if depth != 0 or code.endswith((",", "?", "&", "|", "+", "-", "=")) or (statements and not is_statement(code)):
        raise Wrong(f"{of}: neither an expression nor statements: {code[:70]!r}")


def read_change(table, of, texts):
    for key in table:
        if key not in ("file", "from", "to", "within"):
            raise Wrong(f"{of}: a change has no {key}")
    file = table["file"]
    of = f"{of}: {file}"
    if file not in texts:
        path = ROOT / file
        if not path.is_file():
            raise Wrong(f"{of}: there is no such file")
        texts[file] = path.read_text(encoding="utf-8")
    text, old = texts[file], table["from"].strip()
    within = table.get("within", text)
    check_whole(old, of)
    at = (0 if within is text else only_place(text, within, of)) + only_place(within, old, of)
    return Change(file, at, at + len(old), table["to"].strip())


def read(folder=FOLDER):
    """All exhibits. Raises Wrong for the first that does not fit the tree."""
    exhibits, names, texts = [], set(), {}
    for path in sorted(folder.glob("*.toml")):
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8")).get("exhibit", [])
        except tomllib.TOMLDecodeError as error:
            raise Wrong(f"{path.name}: {error}") from error
        for table in tables:
            name = table.get("name", "")
            of = f"{path.name}: {name}"
            if not re.fullmatch(r"[a-z0-9_]+", name) or name in names:
                raise Wrong(f"{of}: no name, or one that another has")
            names.add(name)
            for key in ("story", "rule", "change"):
                if not table.get(key):
                    raise Wrong(f"{of}: it has no {key}")
            for key in table:
                if key not in ("name", "story", "rule", "kernel", "equal", "change"):
                    raise Wrong(f"{of}: an exhibit has no {key}")
            changes = tuple(read_change(change, of, texts) for change in table["change"])
            exhibits.append(Exhibit(len(exhibits) + 1, name, table["story"], table["rule"],
                                    table.get("kernel", ""), table.get("equal", ""), path.stem, changes))
    return exhibits


def is_statement(text):
    return text.endswith((";", "}"))


def choice(number, mistake, code):
    """The C++ that is `mistake` where that exhibit is chosen, else `code`."""
    if is_statement(code):
        return f"{{ if ({CHOICE}({number})) {{ {mistake} }} else {{ {code} }} }}"
    return f"({CHOICE}({number}) ? ({mistake}) : ({code}))"


def switched(text, changes):
    """`text` with each of (number, change) as a choice. A change may lie in another, or equal it."""
    def build(start, end, inside):
        """[start, end) with the changes `inside`, the widest first."""
        out, at = "", start
        while inside:
            number, first = inside[0]
            nested = [c for c in inside[1:] if c[1].end <= first.end]
            rest = inside[1 + len(nested):]
            if rest and rest[0][1].start < first.end:
                raise Wrong(f"{first.file}: two changes overlap, and neither lies in the other: "
                            f"{text[rest[0][1].start:rest[0][1].end]!r}")
            code = build(first.start, first.end, nested)
            out += text[at:first.start] + choice(number, first.to, code)
            at, inside = first.end, rest
        return out + text[at:end]

    ordered = sorted(changes, key=lambda c: (c[1].start, -c[1].end, c[0]))
    return build(0, len(text), ordered)


def files(exhibits):
    """Each file that an exhibit changes, with all switches in it."""
    by_file = {}
    for exhibit in exhibits:
        for change in exhibit.changes:
            by_file.setdefault(change.file, []).append((exhibit.number, change))
    return {file: f'#include "{HEADER}"\n#line 1\n' +
            switched((ROOT / file).read_text(encoding="utf-8"), changes)
            for file, changes in sorted(by_file.items())}


def write_tree(folder, exhibits):
    """Brings `folder` in line with the tree, switches included. A file that need not change keeps its time."""
    wanted = {name: None for name in source_tree.files() if (ROOT / name).is_file()}
    wanted.update(files(exhibits))
    wanted[HEADER] = SWITCH
    for name, text in wanted.items():
        target = folder / name
        data = (ROOT / name).read_bytes() if text is None else text.encode()
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        if text is None:
            target.chmod((ROOT / name).stat().st_mode & 0o777)
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in wanted and not name.startswith("build/"):
            path.unlink()
