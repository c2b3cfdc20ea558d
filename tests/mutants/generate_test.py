#!/usr/bin/env python3
"""Tests the mutants that generate.py makes of small samples.

usage: tests/mutants/generate_test.py"""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import generate  # noqa: E402


def changes(text, operator=None):
    """The mutants of the one line of a sample that changes; `operator`: only by this mistake."""
    return [" ".join(m.after.split()) for m in generate.mutants_of("impl/sample.h", text)
            if operator in (None, m.operator)]


def in_function(statements):
    return "void f() {\n" + statements + "\n}\n"


class Operators(unittest.TestCase):
    def test_comparisons_are_turned_round_and_moved_by_one(self):
        for sign, others in (("==", ["!="]), ("!=", ["=="]), ("<", ["<=", ">="]),
                             (">", ["<=", ">="]), ("<=", ["<", ">"]), (">=", ["<", ">"])):
            with self.subTest(sign):
                self.assertCountEqual(changes(in_function(f"bool b = x {sign} y;"), "compare"),
                                      [f"bool b = x {other} y;" for other in others])

    def test_plus_and_minus_are_swapped(self):
        self.assertEqual(changes(in_function("int i = a + b - c;"), "plus"),
                         ["int i = a - b - c;", "int i = a + b + c;"])
        self.assertEqual(changes(in_function("n += a;"), "plus"), ["n -= a;"])
        self.assertEqual(changes(in_function("--n;"), "plus"), ["++n;"])

    def test_a_sign_is_no_minus(self):
        self.assertEqual(changes(in_function("int i = -a;")), [])

    def test_constants_are_one_off(self):
        self.assertEqual(changes(in_function("int i = 7;")), ["int i = 6;", "int i = 8;"])
        self.assertEqual(changes(in_function("int i = 0x10u;")),
                         ["int i = 0x11u;", "int i = 0xfu;"])
        self.assertEqual(changes(in_function("W w{spec::kPageSize};")),
                         ["W w{(spec::kPageSize + 1)};", "W w{(spec::kPageSize - 1)};"])
        self.assertEqual(changes(in_function("auto e = error(EIO);")),
                         ["auto e = error((EIO + 1));", "auto e = error((EIO - 1));"])
        self.assertEqual(changes(in_function("bool b = true;")), ["bool b = false;"])

    def test_the_definition_of_a_constant_keeps_its_name(self):
        self.assertEqual(changes("inline constexpr unsigned kBits = 4;\n"),
                         ["inline constexpr unsigned kBits = 3;",
                          "inline constexpr unsigned kBits = 5;"])

    def test_logic_negation_and_bits(self):
        self.assertEqual(changes(in_function("bool b = x && y;")), ["bool b = x || y;"])
        self.assertEqual(changes(in_function("bool b = !x;")), ["bool b = x;"])
        self.assertEqual(changes(in_function("int i = ~x;")), ["int i = x;"])
        self.assertEqual(changes(in_function("int i = x & y;")), ["int i = x | y;"])

    def test_extrema_and_arms(self):
        self.assertEqual(changes(in_function("int i = min(a, b);")), ["int i = spec::max(a, b);"])
        self.assertEqual(changes(in_function("int i = std::max(a, b);")), ["int i = std::min(a, b);"])
        self.assertEqual(changes(in_function("int i = ite(c, f(a, b), d);")),
                         ["int i = ite(c, d, f(a, b));"])
        self.assertEqual(changes(in_function("int i = c ? f(a, b) : d;")),
                         ["int i = c ? d : f(a, b);"])
        self.assertEqual(changes(in_function("int i = ite(c, a, a);")), [])


class Statements(unittest.TestCase):
    def drops(self, statements):
        return changes(in_function(statements), "statement")

    def test_what_does_something_is_dropped(self):
        self.assertEqual(self.drops("x = y;"), [";"])
        self.assertEqual(self.drops("a.b(c)->d();"), [";"])
        self.assertEqual(self.drops("while (x) break;"), ["while (x) ;"])
        self.assertEqual(self.drops("if (x) {\n  f();\n} else {\n  return;\n}"), [";", ";"])

    def test_a_statement_of_several_lines_is_dropped_whole(self):
        self.assertEqual(self.drops("f(a,\n  b);"), [";"])

    def test_the_statements_of_a_lambda_are_dropped_too(self):
        self.assertEqual(
            self.drops("each([&](int i) {\n  n += i;\n});"), [";", ";"])
        self.assertEqual(self.drops("auto g = [&] {\n  h();\n};"), [";"])

    def test_declarations_stay(self):
        for statement in ("int i{};", "const W pos = f(x);", "auto x = f();", "std::vector<int> v;",
                          "a::b<c>::d e(f);", "using a::b;", "static_assert(x == y);", "T& t = u;"):
            with self.subTest(statement):
                self.assertEqual(self.drops(statement), [])


class LeftAlone(unittest.TestCase):
    def test_comments_includes_text_types_and_concepts(self):
        for text in ("// a + b == 1\n", "/* a == b */\n", "#include <a/b-1.h>\n",
                     "#define X \\\n  (a + 1)\n",
                     'const char* s = "a + 1";\n', "template <class A, int N = 3>\nstruct S;\n",
                     "using V = small_vector<std::uint64_t, 1>;\n",
                     "template <class H>\nconcept C = A<H> && requires(H h) { h.f() + 1; };\n",
                     in_function("static_assert(a == 1);"), in_function("Visit&& v = w;"),
                     in_function("std::vector<std::array<int, 3>> v;")):
            with self.subTest(text):
                self.assertEqual(changes(text), [])


class Ids(unittest.TestCase):
    text = in_function("x = a + b;")

    def ids(self, text):
        return [m.id for m in generate.mutants_of("impl/sample.h", text)]

    def test_they_name_file_function_and_mistake(self):
        self.assertTrue(re.fullmatch(r"sample\.f\.statement\.[0-9a-f]{6}", self.ids(self.text)[0]))

    def test_edits_elsewhere_keep_them(self):
        self.assertEqual(self.ids(self.text),
                         self.ids("// A comment.\n\n" + self.text.replace("x =", "  x  =")))

    def test_the_same_line_twice_has_others(self):
        ids = self.ids(in_function("x = a + b;\nx = a + b;"))
        self.assertEqual(len(ids), 4)
        self.assertEqual(len(set(ids)), 4)

    def test_a_function_is_named_within_its_class(self):
        text = "namespace a {\nclass C {\n public:\n  C(int n) : m_(n + 1) {}\n" \
               "  bool g() const { return m_ == 0; }\n  int m_ = 0;\n};\n}\n"
        self.assertEqual({m.function for m in generate.mutants_of("c.h", text)}, {"C", "g"})


class TheTree(unittest.TestCase):
    def test_each_file_of_the_list_has_mutants_that_apply(self):
        found = generate.mutants()
        for file, row in generate.control_code().items():
            with self.subTest(file):
                text = (generate.ROOT / file).read_text(encoding="utf-8")
                its = [m for m in found if m.file == file]
                self.assertTrue(its and row.obligations)
                self.assertLessEqual(set(row.functions), {m.function for m in its})
                for mutant in its:
                    self.assertNotEqual(mutant.apply(text), text)


if __name__ == "__main__":
    unittest.main()
