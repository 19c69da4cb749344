#!/usr/bin/env python3
"""The table "Parts" of doc/ARCHITECTURE.md names, for each folder, exactly the folders that its files include from, and
the folders depend on each other in one direction. Usage: parts_test.py TOP"""
import collections
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
text = (top / "doc/ARCHITECTURE.md").read_text()
rows = {}
for line in text[text.index("\n## Parts\n") : text.index("\n## Errors\n")].splitlines():
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    if line.startswith("| `") and len(cells) == 3:
        names = re.findall(r"`([^`]+)/`", cells[0])
        uses = set() if cells[2] == "nothing" else set(re.split(r", *", cells[2]))
        for name in names:
            rows[name] = uses
if len(rows) < 10:
    sys.exit("the table was not found")


def folder_of(path):
    """The longest row whose folder contains `path`."""
    inside = [name for name in rows if path.startswith(name + "/")]
    return max(inside, key=len, default=None)


uses = collections.defaultdict(set)
faults = []
for file in sorted(top.glob("**/*.[ch]*")):
    path = file.relative_to(top).as_posix()
    if file.suffix not in (".cpp", ".hpp", ".h") or path.split("/")[0] in ("build", "tests", "bench", "examples"):
        continue
    own = folder_of(path)
    if own is None:
        faults.append(f"{path} is in no folder of the table")
        continue
    for included in re.findall(r'^#include "([^"]+/[^"]+)"', file.read_text(), re.MULTILINE):
        other = folder_of(included)
        if other is not None and other != own:
            uses[own].add(other)

for name, said in rows.items():
    for other in sorted(said - uses[name]):
        faults.append(f"{name}/ uses nothing of {other}/, but the table lists it")
    for other in sorted(uses[name] - said):
        faults.append(f"{name}/ uses {other}/, which the table does not list")

order, begun = [], []


def visit(name):
    if name in order:
        return
    if name in begun:
        faults.append("a cycle: " + " > ".join(begun[begun.index(name) :] + [name]))
        return
    begun.append(name)
    for other in sorted(uses[name]):
        visit(other)
    begun.pop()
    order.append(name)


for name in rows:
    visit(name)
if faults:
    sys.exit("\n".join(faults))
print(f"{len(rows)} folders, {sum(map(len, uses.values()))} uses")
