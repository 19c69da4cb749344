#!/usr/bin/env python3
"""No two headers define a type of one name in one namespace: a program that holds both would break the one-definition rule, and
no compiler says so. Usage: names_test.py CHECKOUT"""

import collections
import pathlib
import re
import subprocess
import sys

top = pathlib.Path(sys.argv[1])
listed = subprocess.run(["git", "-C", top, "ls-files", "*.hpp"], capture_output=True, text=True)
if listed.returncode != 0:
    print("not a Git checkout")
    sys.exit(77)
places = collections.defaultdict(list)
for name in listed.stdout.split():
    space = ""
    for line in (top / name).read_text().splitlines():
        if opened := re.match(r"namespace ([\w:]*) ?\{", line):
            space = opened[1]
        elif defined := re.match(r"(?:struct|class|enum class) (\w+)(?: final)?(?: :.*)? \{", line):
            places[space, defined[1]].append(name)
twice = {key: found for key, found in places.items() if len(found) > 1}
for (space, name), found in sorted(twice.items()):
    print(f"{space}::{name}: {', '.join(found)}")
print(f"{len(places)} types")
sys.exit(bool(twice) or len(places) < 100)
