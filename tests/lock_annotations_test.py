#!/usr/bin/env python3
"""Tests that clang's thread-safety analysis refuses locks of libquire that are taken out of order.

usage: lock_annotations_test.py [CLANG]

Every pair of classes of spec/locks/order.h is tried both ways, and what the analysis must see of folios.
Prints what is refused and should not be, or the other way round, and exits with 1 if there is any.
"""
import re
import subprocess
import sys

from source_tree import ROOT

CLANG = sys.argv[1] if len(sys.argv) > 1 else "clang++-19"
FLAGS = ["-std=c++23", "-fsyntax-only", "-Wthread-safety", "-Wthread-safety-beta", "-Werror",
         "-ferror-limit=0", f"-I{ROOT}", f"-I{ROOT}/impl/include"]


def classes() -> list[str]:
    """The lock classes by rank, as the tuple has them."""
    text = (ROOT / "spec/locks/order.h").read_text()
    return re.findall(r"\w+", re.search(r"lock_order = boost::hana::tuple_t<([^>]*)>", text)[1])


def refusals(head: str, bodies: list[str]) -> list[list[str]]:
    """What clang says to each of these functions, in a file that begins with `head`."""
    functions = "\n".join(
        f"#line {i + 1} \"bodies\"\ninline void body_{i}({ARGUMENTS}) {{ {body} }}"
        for i, body in enumerate(bodies))
    run = subprocess.run([CLANG, *FLAGS, "-x", "c++", "-"], input=f"{head}\n{functions}\n",
                         capture_output=True, text=True, cwd=ROOT, check=False)
    found = [[] for _ in bodies]
    for line in run.stderr.splitlines():
        if ": error: " not in line:
            continue
        place = re.match(r"bodies:(\d+):", line)
        if place is None:
            sys.exit(f"{CLANG}: {line}")
        found[int(place[1]) - 1].append(line)
    if (run.returncode != 0) != any(found):
        sys.exit(f"{CLANG}: {run.stderr}")
    return found


# Bodies, and words of the message that refuses them; none where they are as they should be.
BODIES = {
    "waits for memory with a folio locked":
        ("f.lock(); { const MemoryWait wait; } f.unlock();", "must be acquired before 'mutex_'"),
    "waits for memory, then locks the folio":
        ("{ const MemoryWait wait; } f.lock(); f.unlock();", None),
    "waits for memory under the index of a cache":
        ("const Lock index(index_lock); const MemoryWait wait;", "'callers_memory' must be"),
    "looks at a folio's blocks without its lock":
        ("(void)f.dirty.none();", "requires holding mutex"),
    "looks at them under the lock of another folio":
        ("const FolioGuard guard(g); (void)f.dirty.none();", "requires holding mutex 'f.mutex_'"),
    "looks at them under the folio's lock":
        ("const FolioGuard guard(f); (void)f.dirty.none();", None),
    "leaves a folio locked": ("f.lock();", "still held at the end"),
    "drops a folio that it has not locked": ("f.unlock();", "that was not held"),
    "takes space under the index of a cache":
        ("const Lock index(index_lock); const Lock space(space_lock);", "must be acquired before"),
    "writes under an intent lock":
        ("const IntentLock intent(shared_lock); guarded = 1;", "requires holding mutex"),
    "writes after a downgrade":
        ("const Lock lock(shared_lock); const AdmitReaders admit(shared_lock); guarded = 1;",
         "requires holding mutex"),
    "writes after the end of an upgrade":
        ("const IntentLock intent(shared_lock); { const ExcludeReaders exclude(shared_lock); } "
         "guarded = 1;", "requires holding mutex"),
    "reads under an intent lock, and writes under an upgrade":
        ("const IntentLock intent(shared_lock); (void)guarded; "
         "const ExcludeReaders exclude(shared_lock); guarded = 1;", None),
    "reads after a downgrade, and writes after its end":
        ("const Lock lock(shared_lock); { const AdmitReaders admit(shared_lock); (void)guarded; } "
         "guarded = 1;", None),
    "takes the index of a cache under the lock of space":
        ("const Lock space(space_lock); const Lock index(index_lock);", None),
}
HEAD = """#include "impl/cache/folio.h"
#include "impl/locks/locks.h"
using namespace quire::impl;
"""
ARGUMENTS = "[[maybe_unused]] Folio& f, [[maybe_unused]] Folio& g"
LOCKS = HEAD + """inline QUIRE_LOCK(Mutex, CacheIndex) index_lock;
inline QUIRE_LOCK(Mutex, SpaceLock) space_lock;
inline QUIRE_LOCK(SharedMutex, Iolock) shared_lock;
inline int guarded QUIRE_GUARDED_BY(shared_lock);
"""


def main() -> int:
    names = classes()
    ascending = [(a, b) for i, a in enumerate(names) for b in names[i + 1:]]
    one_of_each = HEAD + "\n".join(f"inline QUIRE_LOCK(Mutex, {name}) a_{name};" for name in names)
    bodies = [f"const Lock outer(a_{a}); const Lock inner(a_{b});"
              for x, y in ascending for a, b in ((x, y), (y, x))]
    found = refusals(one_of_each, bodies)
    wrong = []
    for (outer, inner), right, reverse in zip(ascending, found[0::2], found[1::2]):
        if right:
            wrong.append(f"{inner} under {outer} is in order: {right[0]}")
        if not any(f"'a_{outer}' must be acquired before 'a_{inner}'" in line for line in reverse):
            wrong.append(f"{outer} under {inner} is not refused")
    for (what, (_, words)), found in zip(
            BODIES.items(), refusals(LOCKS, [body for body, _ in BODIES.values()])):
        if (words is None and found) or (words and not any(words in line for line in found)):
            wrong.append(f"{what}: {found or 'not refused'}")
    for line in wrong:
        print(line)
    print(f"{len(ascending)} pairs of lock classes and {len(BODIES)} bodies, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
