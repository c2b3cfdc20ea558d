#!/usr/bin/env python3
"""Lists every mutant of the loops' control code: the code with one small mistake.

usage: tests/mutants/generate.py [--json] [FILE...]
  FILE     files to read; default: those of control_code.txt in the same folder
  --json   print all fields of each mutant; without it a line each: its id, file:line, and the change

The mistakes, by their word in an id:
  compare    == and != swapped, an order reversed (< >=, <= >) or moved by one (< <=, > >=)
  plus       + and - swapped, += and -=, ++ and --
  constant   a number or a named constant one more, one less; true and false swapped
  logic      && and || swapped
  negation   a ! or ~ dropped
  bits       & and | swapped, &= and |=
  extremum   min and max swapped
  arms       the two arms of ite() or ?: swapped
  statement  an expression, an assignment, a return, break or continue dropped

Comments, includes, template headers and arguments, types, declarations and static_assert do not
change. A binary operator is one with a space on both sides, as clang-format writes it. An id consists of
the file's name, the function, the mistake and the text of the line: edits elsewhere keep it."""

import argparse
import collections
import dataclasses
import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CONTROL_CODE = pathlib.Path(__file__).resolve().parent / "control_code.txt"

TOKEN = re.compile(
    r"""(?P<skip>//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:\\\n|[^\n])*)
       |(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
       |(?P<number>\d(?:[\w.]|'\d)*)
       |(?P<word>[A-Za-z_]\w*)
       |(?P<sign><=>|<<=|>>=|->|\+\+|--|::|&&|\|\||[-+*/%&|^=!<>]=|<<|>>|[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE)
CLOSING = {"(": ")", "[": "]", "{": "}"}
COMPARISONS = {"==": ["!="], "!=": ["=="], "<": [">=", "<="], ">=": ["<", ">"],
               ">": ["<=", ">="], "<=": [">", "<"]}
SWAPS = {"+": ("plus", "-"), "-": ("plus", "+"), "&&": ("logic", "||"), "||": ("logic", "&&"),
         "&": ("bits", "|"), "|": ("bits", "&"),
         "+=": ("plus", "-="), "-=": ("plus", "+="), "&=": ("bits", "|="), "|=": ("bits", "&=")}
NAMED_CONSTANT = re.compile(r"k[A-Z]\w*|E[A-Z0-9]{2,}")
JUMPS = {"return", "break", "continue", "throw"}
DECLARES = {"using", "static_assert", "typedef", "struct", "class", "enum", "const", "constexpr",
            "auto", "static", "friend", "template", "namespace"}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Mutant:
    id: str
    file: str
    line: int        # of the first character that changes
    function: str    # or class, if the line is in no function
    operator: str
    start: int       # characters [start, end) of the file become `to`
    end: int
    to: str
    before: str      # the lines that change, before
    after: str       # and after the change

    def apply(self, text):
        return text[:self.start] + self.to + text[self.end:]


class Source:
    """One file as tokens: which bracket closes which, what is a type, and where a function is."""

    def __init__(self, text):
        self.text = text
        self.tokens = [Token(m.lastgroup, m[0], m.start(), m.end())
                       for m in TOKEN.finditer(text) if m.lastgroup != "skip"]
        self.partner = {}          # of an opening bracket's token, and of a closing one's
        self.typed = set()         # tokens between the angle brackets of a template
        self.scope = [""] * len(self.tokens)
        self.bodies = []           # the opening brace of each function
        self._pair_brackets()
        self._name_scopes()

    def at(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def spaced(self, i):
        """Whether there is space on both sides."""
        token = self.tokens[i]
        return self.text[token.start - 1:token.start].isspace() and self.text[token.end].isspace()

    def _pair_brackets(self):
        open_ones = []

        def close(i):
            start = open_ones.pop()
            self.partner[start], self.partner[i] = i, start

        for i, token in enumerate(self.tokens):
            if "<" in [self.at(j) for j in open_ones]:
                self.typed.add(i)
            if token.kind != "sign":
                continue
            if token.text in "([{" or token.text == "<" and not self.spaced(i):
                open_ones.append(i)
                if token.text == "<":
                    self.typed.add(i)
            elif token.text in (">", ">>") and open_ones and self.at(open_ones[-1]) == "<":
                for _ in token.text:
                    close(i)
            elif token.text in ")]}":
                if not open_ones or CLOSING[self.at(open_ones[-1])] != token.text:
                    raise ValueError(f"a {token.text} closes nothing: {self.line(token.start)}")
                close(i)

    def _name_scopes(self):
        """The function or class of each token, and the opening braces of functions."""
        def walk(i, end, name):
            begun = i
            while i < end:
                self.scope[i] = name
                text = self.at(i)
                if text in "([" or text == "<" and i in self.typed:
                    last = self.partner[i]
                    self.scope[i:last + 1] = [name] * (last + 1 - i)
                    i = last
                elif text in (";", "}") or text == ":" and self.at(i - 1) in (
                        "public", "private", "protected"):
                    begun = i + 1
                elif text == "{":
                    last = self.partner[i]
                    kind, inner = self._declared(begun, i)
                    if kind == "function" and self.at(last + 1) in (",", "{"):
                        kind = "value"  # a member's initializer
                    if kind == "scope":
                        walk(i + 1, last, inner or name)
                        begun = last + 1
                    elif kind == "function":
                        self.bodies.append(i)
                        self.scope[begun:last + 1] = [inner] * (last + 1 - begun)
                        begun = last + 1
                    else:
                        self.scope[i:last + 1] = [name] * (last + 1 - i)
                    i = last
                i += 1

        walk(0, len(self.tokens), "")

    def _declared(self, start, brace):
        """The kind of the brace: ("scope" of a name, "function" of a name) or ("value", "")."""
        i, words = start, []
        while i < brace:
            if i in self.typed:
                pass
            elif self.at(i) == "(" and words and words[-1] not in ("requires", "alignas"):
                return "function", words[-1]
            elif self.tokens[i].kind == "word":
                words.append(self.at(i))
            i = self.partner[i] + 1 if self.at(i) == "(" else i + 1
        if "namespace" in words:
            return "scope", ""
        for kind in ("struct", "class", "union", "enum"):
            if kind in words:
                return "scope", words[words.index(kind) + 1] if len(words) > 1 else ""
        return "value", ""

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def lines(self, start, end):
        """Where the lines that hold [start, end) begin and end."""
        last = self.text.find("\n", end)
        return self.text.rfind("\n", 0, start) + 1, len(self.text) if last < 0 else last


class Mutator:
    """Collects the changes of one Source: (start, end, to, operator, scope)."""

    def __init__(self, source):
        self.source = source
        self.changes = []
        self.left_alone = set()  # tokens of using, static_assert and concepts
        for i in range(len(source.tokens)):
            if source.at(i) == "concept":
                self.left_alone.update(range(i, self.end_of_statement(i)))
        for body in source.bodies:
            self.block(body)
        for i in range(len(source.tokens)):
            if i not in source.typed and i not in self.left_alone:
                self.expression(i)

    def change(self, first, last, to, operator):
        """The tokens first to last become `to`."""
        tokens = self.source.tokens
        self.changes.append(
            (tokens[first].start, tokens[last].end, to, operator, self.source.scope[first]))

    # Statements.

    def block(self, brace):
        i = brace + 1
        while i < self.source.partner[brace]:
            i = self.statement(i)

    def statement(self, i):
        """Lists the drops in the statement at i. Returns the token after it."""
        at, partner = self.source.at, self.source.partner
        if at(i) == "{":
            self.block(i)
            return partner[i] + 1
        if at(i) in ("if", "while", "for", "switch"):
            opens = i + 2 if at(i + 1) == "constexpr" else i + 1
            self.lambdas(opens, partner[opens])
            i = self.statement(partner[opens] + 1)
            return self.statement(i + 1) if at(i) == "else" else i
        if at(i) in ("try", "else"):
            return self.statement(i + 1)
        if at(i) == "catch":
            return self.statement(partner[i + 1] + 1)
        if at(i) == "do":
            i = self.statement(i + 1)  # at `while`
            return partner[i + 1] + 2
        if at(i) in ("case", "default"):
            while at(i) != ":":
                i += 1
            return i + 1
        end = self.end_of_statement(i)
        self.lambdas(i, end)
        if at(i) in ("using", "static_assert"):
            self.left_alone.update(range(i, end))
        elif end > i and (at(i) in JUMPS or not self.declares(i)):
            self.change(i, end, ";", "statement")
        return end + 1

    def end_of_statement(self, i):
        """The semicolon at its end."""
        first = i
        while self.source.at(i) != ";":
            if i >= len(self.source.tokens):
                raise ValueError(f"line {self.source.line(self.source.tokens[first].start)}: a statement has no end")
            i = max(i, self.source.partner.get(i, i)) + 1
        return i

    def declares(self, i):
        """Whether the statement at i is a declaration: a type, then a name."""
        at, source = self.source.at, self.source
        if at(i) in DECLARES:
            return True
        while source.tokens[i].kind == "word":
            i += 1
            if at(i) == "<" and i in source.typed:
                i = source.partner[i] + 1
            if at(i) != "::":
                break
            i += 1
        else:
            return False
        while at(i) in ("*", "&", "&&", "const"):
            i += 1
        return source.tokens[i].kind == "word"

    def lambdas(self, i, end):
        """The bodies of lambdas among the tokens [i, end)."""
        while i < end:
            before = self.source.at(i - 1)
            if self.source.at(i) == "{" and before in (")", "]", "mutable"):
                self.block(i)
                i = self.source.partner[i]
            i += 1

    # Expressions.

    def expression(self, i):
        source, at, text = self.source, self.source.at, self.source.at(i)
        kind = source.tokens[i].kind
        if kind == "number":
            for to in neighbours(text):
                self.change(i, i, to, "constant")
        elif text in ("true", "false"):
            self.change(i, i, "false" if text == "true" else "true", "constant")
        elif kind == "word" and NAMED_CONSTANT.fullmatch(text):
            self.named_constant(i)
        elif text in ("min", "max") and at(i + 1) == "(":
            # Qualified, since a function may have brought in only the one.
            to = "max" if text == "min" else "min"
            self.change(i, i, to if at(i - 1) == "::" else "spec::" + to, "extremum")
        elif text == "ite" and at(i + 1) == "(":
            self.swap_arms(self.arguments(i + 1)[1:])
        elif text == "?":
            self.swap_arms(self.conditional(i))
        elif text in ("!", "~") and kind == "sign":
            self.change(i, i, "", "negation")
        elif text in ("++", "--"):
            self.change(i, i, "--" if text == "++" else "++", "plus")
        elif kind == "sign" and source.spaced(i):
            for to in COMPARISONS.get(text, []):
                self.change(i, i, to, "compare")
            if text in SWAPS:
                operator, to = SWAPS[text]
                self.change(i, i, to, operator)

    def named_constant(self, i):
        at, first = self.source.at, i
        while at(first - 1) == "::":
            first -= 2
        defined = self.source.tokens[first - 1].kind == "word" and at(first - 1) not in JUMPS
        if defined or at(first - 1) == ">" or at(i + 1) in ("::", ".", "[", "("):
            return
        name = self.source.text[self.source.tokens[first].start:self.source.tokens[i].end]
        for to in (f"({name} + 1)", f"({name} - 1)"):
            self.change(first, i, to, "constant")

    def arguments(self, opens):
        """First and last token of each argument of the call whose bracket opens there."""
        found, i, first = [], opens + 1, opens + 1
        while i <= self.source.partner[opens]:
            if self.source.at(i) == "," or i == self.source.partner[opens]:
                found.append((first, i - 1))
                first = i + 1
            i = self.source.partner.get(i, i) + 1 if self.source.at(i) in ("(", "[", "{") else i + 1
        return found

    def conditional(self, question):
        """First and last token of both arms of a ?:."""
        def behind(i, stops):
            depth = 0
            while depth or self.source.at(i) not in stops:
                depth += (self.source.at(i) == "?") - (self.source.at(i) == ":")
                i = self.source.partner[i] + 1 if self.source.at(i) in ("(", "[", "{") else i + 1
            return i

        colon = behind(question + 1, (":",))
        return [(question + 1, colon - 1), (colon + 1, behind(colon + 1, ";,)]}") - 1)]

    def swap_arms(self, arms):
        def text(arm):
            return self.source.text[tokens[arm[0]].start:tokens[arm[1]].end]

        tokens, (one, other) = self.source.tokens, arms
        if text(one) != text(other):
            between = self.source.text[tokens[one[1]].end:tokens[other[0]].start]
            self.change(one[0], other[1], text(other) + between + text(one), "arms")


def neighbours(number):
    """A literal one more, one less; none of a floating one."""
    digits = re.fullmatch(r"(0[xX][\da-fA-F']+|0[bB][01']+|\d[\d']*)([uUlLzZ]*)", number)
    if not digits:
        return []
    value = int(digits[1].replace("'", ""), 0)
    hexadecimal = digits[1][:2] in ("0x", "0X")
    return [(hex(n) if hexadecimal and n >= 0 else str(n)) + digits[2] for n in (value + 1, value - 1)]


def mutants_of(file, text):
    """The mutants of one file, in the order of its text."""
    source = Source(text)
    found, seen = [], collections.Counter()
    for start, end, to, operator, scope in sorted(Mutator(source).changes):
        first, last = source.lines(start, end)
        before, after = text[first:last], text[first:start] + to + text[end:last]
        words = [file, scope, operator, " ".join(before.split()), " ".join(after.split())]
        seen[tuple(words)] += 1
        digest = hashlib.sha256("\0".join(words + [str(seen[tuple(words)])]).encode())
        stem = pathlib.PurePath(file).name.split(".")[0]
        found.append(
            Mutant(id=".".join(filter(None, [stem, scope, operator, digest.hexdigest()[:6]])),
                   file=file, line=source.line(start), function=scope, operator=operator,
                   start=start, end=end, to=to, before=before, after=after))
    if len({mutant.id for mutant in found}) != len(found):
        raise ValueError(f"{file}: two mutants share an id")
    return found


@dataclasses.dataclass(frozen=True)
class Row:
    functions: list    # those that are control code; empty: all
    obligations: list  # LIST:GLOB, in the order to be asked


def control_code():
    """The rows of control_code.txt, by file."""
    table = {}
    for line in CONTROL_CODE.read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words:
            file, _, functions = words[0].partition(":")
            table[file] = Row([name for name in functions.split(",") if name], words[1:])
    return table


def mutants(root=ROOT):
    """Those of the control code."""
    return [mutant for file, row in control_code().items()
            for mutant in mutants_of(file, (root / file).read_text(encoding="utf-8"))
            if not row.functions or mutant.function in row.functions]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=__doc__.split("\n\n", 2)[2])
    parser.add_argument("--json", action="store_true", help="print all fields of each mutant")
    parser.add_argument("files", nargs="*", metavar="FILE", help="files to read, from the root")
    options = parser.parse_args()
    try:
        found = [mutant for file in options.files for mutant in
                 mutants_of(file, (ROOT / file).read_text(encoding="utf-8"))] or mutants()
    except OSError as error:
        parser.error(str(error))
    if options.json:
        json.dump([dataclasses.asdict(mutant) for mutant in found], sys.stdout, indent=1)
        return
    for mutant in found:
        change = f"{' '.join(mutant.before.split())}  =>  {' '.join(mutant.after.split())}"
        print(f"{mutant.id}  {mutant.file}:{mutant.line}\n    {change}")
    print(f"{len(found)} mutants")


if __name__ == "__main__":
    main()
