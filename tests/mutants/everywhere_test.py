#!/usr/bin/env python3
"""Tests that each mistake of tests/mutants/everywhere is the one that generate.py lists."""

import importlib.machinery
import importlib.util
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
loader = importlib.machinery.SourceFileLoader("everywhere", str(HERE / "everywhere"))
everywhere = importlib.util.module_from_spec(importlib.util.spec_from_loader("everywhere", loader))
sys.modules["everywhere"] = everywhere
loader.exec_module(everywhere)


class EverywhereTest(unittest.TestCase):
    """Over every source of impl and ref."""

    @classmethod
    def setUpClass(cls):
        cls.found = everywhere.candidates([])

    def test_there_are_mistakes_in_every_room(self):
        files = {mutant.file for mutant, _ in self.found}
        for room in ("impl/file/", "impl/cache/", "impl/space/", "impl/user_memory/", "ref/plain/",
                     "ref/linux/xfs/", "ref/linux/iomap/", "ref/linux/f2fs/", "ref/vfs/"):
            self.assertTrue(any(file.startswith(room) for file in files), room)

    def test_a_switched_expression_makes_the_same_mistake(self):
        for mutant, change in self.found:
            text = everywhere.museum.source_tree.read(mutant.file)
            if mutant.operator == "statement":
                self.assertEqual(change.to, ";")
                continue
            changed = text[:change.start] + change.to + text[change.end:]
            self.assertEqual(changed, mutant.apply(text), mutant.id)

    def test_what_is_switched_is_whole(self):
        for mutant, change in self.found:
            text = everywhere.museum.source_tree.read(mutant.file)
            try:
                code = text[change.start:change.end].removesuffix("++").removesuffix("--")
                everywhere.museum.check_whole(code, mutant.id)
            except everywhere.museum.Wrong as wrong:
                self.fail(str(wrong))

    def test_what_is_told_to_the_judge_is_left_alone(self):
        told = """namespace quire {
void f(File& file) {
  require(file.open, "closed");
  file.recorder->step(spec::Seen<Number>{file.size - 1, other(file.size + 2)});
  file.size = std::min(file.size, 3);
  require(file.size > 1 || file.open, "too small");
  if (file.recorder == nullptr) return;
  note_size(file.size + 1);
}
void note_size(Number size) {
  if (size > 7) recorder->step(size);
}
}
"""
        source = everywhere.generate.Source(told)
        lines = {m.line for m in everywhere.generate.mutants_of("ref/plain/f.cpp", told)
                 if everywhere.widened(source, told, m) is not None}
        self.assertEqual(lines, {5})
        self.assertFalse([m for m, _ in self.found if m.file.endswith("/ledger.cpp")])

    def test_nothing_that_is_computed_by_the_compiler_is_switched(self):
        for mutant, change in self.found:
            text = everywhere.museum.source_tree.read(mutant.file)
            line = text[text.rfind("\n", 0, change.start) + 1:change.start]
            self.assertNotRegex(line, r"constexpr [^()]*=", mutant.id)

    def test_a_dropped_negation_keeps_the_type(self):
        text = everywhere.choice(7, "got", "!got", 3, "f.cpp")
        self.assertIn("(static_cast<bool>(got))", text)

    def test_no_function_loses_its_last_return(self):
        for mutant, change in self.found:
            text = everywhere.museum.source_tree.read(mutant.file)
            if mutant.operator == "statement" and text[change.start:].startswith("return"):
                self.assertNotRegex(text[change.end:], r"^\s*}", mutant.id)

    def test_changes_that_cut_each_other_are_not_made_together(self):
        change = everywhere.museum.Change
        a = change("f", 10, 20, "")
        self.assertFalse(everywhere.overlaps(change("f", 12, 15, ""), [a]))
        self.assertFalse(everywhere.overlaps(change("f", 20, 25, ""), [a]))
        self.assertTrue(everywhere.overlaps(change("f", 15, 25, ""), [a]))


if __name__ == "__main__":
    unittest.main()
