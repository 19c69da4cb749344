#!/usr/bin/env python3
"""Each file that `cmake --install` installs is in one package of debian/*.install, or in debian/not-installed, and each line
of those names a file. Usage: files_test.py TOP BUILD"""
import pathlib
import subprocess
import sys
import tempfile

top, build = map(pathlib.Path, sys.argv[1:])
lists = sorted((top / "debian").glob("*.install")) + [top / "debian/not-installed"]
places = {}  # of each installed file, the lists that name it
faults = []
with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    subprocess.run(["cmake", "--install", build, "--prefix", root / "usr"], check=True, stdout=subprocess.DEVNULL)
    files = [file for file in root.glob("**/*") if not file.is_dir()]
    (root / "usr/lib/docteur").mkdir(exist_ok=True)  # as debian/rules does, for machines without a guest
    for packages in lists:
        for line in packages.read_text().splitlines():
            pattern = line.split("#")[0].split(" ")[0]
            if not pattern:
                continue
            # Installed below a prefix, static libraries are not in a folder of their architecture.
            found = list(root.glob(pattern)) or list(root.glob(pattern.replace("usr/lib/*/", "usr/lib/")))
            if not found:
                faults.append(f"{packages.name}: nothing is installed as {pattern}")
            for path in found:
                for file in [path] if not path.is_dir() else path.glob("**/*"):
                    places.setdefault(file, []).append(packages.name)
    for file in sorted(files):
        inside = places.get(file, [])
        if len(inside) != 1:
            faults.append(f"/{file.relative_to(root)} is in {' and '.join(inside) or 'no package'}")
if faults:
    sys.exit("\n".join(faults))
if len(files) < 100:
    sys.exit(f"{len(files)} files are too few")
print(f"{len(files)} files")
