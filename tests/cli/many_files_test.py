#!/usr/bin/env python3
"""The memory of docteur-make on many small files: what each of them adds.

Usage: many_files_test.py DOCTEUR_MAKE"""

import os
import subprocess
import sys
import tempfile

FEW, MANY = 20_000, 220_000
MOST = 400  # bytes for each file
work = tempfile.TemporaryDirectory(prefix="docteur-many-")
os.chdir(work.name)


def repository(name, count):
    subprocess.run(["git", "init", "-q", "--bare", name], check=True)
    with subprocess.Popen(["git", "-C", name, "fast-import", "--quiet"], stdin=subprocess.PIPE) as importer:
        importer.stdin.write(b"commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n")
        for i in range(count):
            text = b"<h1>page %d of many, which differ in a number and in the path</h1>\n" % i
            importer.stdin.write(b"M 100644 inline documentation/chapter-%04d/page-%07d.html\ndata %d\n%s\n"
                                 % (i // 100, i, len(text), text))
    assert importer.returncode == 0


def peak(name):
    """Of the memory of docteur-make, in bytes."""
    process = subprocess.Popen([sys.argv[1], "-q", "--threads", "2", "--effort", "fast", "--memory", "64M", "-b",
                                "refs/heads/main", name, name + ".img"])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * 1024


repository("few", FEW)
repository("many", MANY)
few, many = peak("few"), peak("many")
each = (many - few) / (MANY - FEW)
print(f"{few} and {many} bytes: {each:.0f} for each file")
assert each <= MOST, f"{each:.0f} bytes for each file"
