#!/usr/bin/env python3
"""Every test that docs/reference/nvme-conformance.md names exists, in the file that it says.

usage: conformance_test.py SOURCE-DIRECTORY
"""
import re
import sys
from pathlib import Path

top = Path(sys.argv[1])
page = (top / "docs/reference/nvme-conformance.md").read_text()
files = {}
for path in top.glob("tests/**/*_test.cpp"):
    tests = re.findall(r"^TEST(?:_F|_P)?\(\w+,\s*(\w+)\)", path.read_text(), re.M)
    files.setdefault(path.name, set()).update(tests)

named = 0
wrong = []
for name, tests in re.findall(r"(\w+_test\.cpp): (\w+(?:, \w+)*)", page):
    for test in tests.split(", "):
        if test == "Interop":
            continue
        named += 1
        if test not in files.get(name, ()):
            wrong.append(f"{name} has no test {test}")
if named < 150:
    wrong.append(f"only {named} tests are named: the page is not as this check reads it")
# The other way round: each group of malformed input has its row.
for name in sorted(n for n in files if n.startswith("malformed_")):
    for test in sorted(files[name]):
        if test not in page:
            wrong.append(f"{name}: {test} is not on the page")
print("\n".join(wrong) or f"{named} tests")
sys.exit(1 if wrong else 0)
