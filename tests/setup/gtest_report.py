"""Prints the counts of a GoogleTest XML report, a kind, a tab and a figure or a name a line.

usage: gtest_report.py REPORT STATUS

STATUS is the program's exit status. A program that died without a report, has no test, or failed
although no test did, counts as a failure itself.
"""

import sys
import xml.etree.ElementTree as ElementTree


def main(path, status):
    try:
        cases = list(ElementTree.parse(path).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        print(f"failed\tended with status {status} and left no report")
        return
    if not cases:
        print("failed\tit has no test")
        return
    passed = 0
    failed = False
    for case in cases:
        name = f"{case.get('classname')}.{case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None:
            failed = True
            print(f"failed\t{name}")
        elif case.get("status") == "notrun":
            print(f"skipped\t{name}: disabled")
        elif case.get("result") == "skipped" or skipped is not None:
            # The message is "file:line", a line break and the reason.
            message = "" if skipped is None else skipped.get("message", "")
            reason = " ".join(message.split("\n")[1:]).strip()
            print(f"skipped\t{name}: {reason or 'it gives no reason'}")
        else:
            passed += 1
    print(f"passed\t{passed}")
    if status != "0" and not failed:
        print(f"failed\tended with status {status} though no test failed")


if __name__ == "__main__":
    main(*sys.argv[1:])
