#!/usr/bin/env python3
"""Tests that the museum's exhibits fit the tree, and how they are switched. Needs no build."""

import sys
import unittest

import exhibits as museum
from checkers import obligations

Change = museum.Change


def change(text, old, new):
    at = text.index(old)
    return Change("file", at, at + len(old), new)


class Switched(unittest.TestCase):
    def test_an_expression_is_a_choice(self):
        text = "return a < b;"
        self.assertEqual(museum.switched(text, [(7, change(text, "a < b", "a <= b"))]),
                         "return (quire_museum::on(7) ? (a <= b) : (a < b));")

    def test_statements_are_two_blocks(self):
        text = "f(); g();"
        self.assertEqual(museum.switched(text, [(1, change(text, "f();", ""))]),
                         "{ if (quire_museum::on(1)) {  } else { f(); } } g();")

    def test_two_mistakes_in_one_place_both_work(self):
        text = "x = a;"
        both = museum.switched(text, [(1, change(text, "a", "b")), (2, change(text, "a", "c"))])
        self.assertEqual(both, "x = (quire_museum::on(1) ? (b) : ((quire_museum::on(2) ? (c) : (a))));")

    def test_a_mistake_within_another_stays_in_the_code(self):
        text = "f(a);"
        both = museum.switched(text, [(1, change(text, "f(a);", "")), (2, change(text, "a", "b"))])
        self.assertEqual(both, "{ if (quire_museum::on(1)) {  } else { f((quire_museum::on(2) ? (b) : (a))); } }")

    def test_two_that_overlap_are_refused(self):
        text = "a + b + c"
        with self.assertRaises(museum.Wrong):
            museum.switched(text, [(1, change(text, "a + b", "")), (2, change(text, "b + c", ""))])


class Whole(unittest.TestCase):
    def test_half_a_block_is_refused(self):
        for code in ("if (a) {", "f(a", "a) b", "int a; b", "a,"):
            with self.subTest(code), self.assertRaises(museum.Wrong):
                museum.check_whole(code, "")

    def test_expressions_and_statements_are_taken(self):
        for code in ("a", "f([](int b) { return b; })", "a; b;", "if (a) { b; }", '"a{"'):
            with self.subTest(code):
                museum.check_whole(code, "")


class Tree(unittest.TestCase):
    def test_every_exhibit_fits_the_tree(self):
        exhibits = museum.read()
        self.assertGreater(len(exhibits), 100)
        museum.files(exhibits)

    def test_every_rule_is_one(self):
        rules = {line.split()[0] for line in museum.source_tree.read("spec/rules.txt").splitlines()
                 if line.strip() and not line.startswith("#")}
        for exhibit in museum.read():
            for tag in exhibit.rule.split(", "):
                self.assertIn(tag, rules, exhibit.name)

    def test_proven_files_are_there(self):
        for file in obligations():
            self.assertTrue((museum.ROOT / file).is_file(), file)

    def test_no_shipped_file_knows_the_museum(self):
        for name in museum.source_tree.code():
            if name.startswith(("impl/", "spec/", "ref/")):
                self.assertNotIn("quire_museum", museum.source_tree.read(name), name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + (sys.argv[1:] or ["-b"]))
