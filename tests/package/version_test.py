#!/usr/bin/env python3
"""CMake's project version is also that of debian/changelog and of the newest release in CHANGELOG.md, with the same date;
debian/control needs no package that scripts/packages does not install.
Usage: version_test.py TOP VERSION"""
import email.utils
import pathlib
import re
import sys

top, version = pathlib.Path(sys.argv[1]), sys.argv[2]
faults = []


def equal(what, found, expected):
    if found != expected:
        faults.append(f"{what}: {found}, expected {expected}")


release = re.search(r"^## Version (\S+) \((\d{4}-\d\d-\d\d)\)$", (top / "CHANGELOG.md").read_text(), re.MULTILINE)
equal("CHANGELOG.md", release[1], version)
changelog = (top / "debian/changelog").read_text()
equal("debian/changelog", re.match(r"docteur \(([^)]*)\) ", changelog)[1], version)
signed = email.utils.parsedate_to_datetime(re.search(r"^ -- .*>  (.*)$", changelog, re.MULTILINE)[1])
equal("the date in debian/changelog", signed.date().isoformat(), release[2])

installed = set()
for line in (top / "scripts/packages").read_text().splitlines():
    group, _, names = line.partition(" ")
    if group in ("build", "package"):
        installed |= set(names.split("|"))
control = (top / "debian/control").read_text()
for clause in re.search(r"^Build-Depends: ((?:.*\n)(?:[ \t].*\n)*)", control, re.MULTILINE)[1].split(","):
    names = {re.sub(r"\(.*\)", "", name).strip() for name in clause.split("|")}
    names = {"debhelper" if name == "debhelper-compat" else name for name in names}
    if not names & installed:
        faults.append(f"debian/control needs {' or '.join(sorted(names))}, which scripts/packages does not name")
if faults:
    sys.exit("\n".join(faults))
