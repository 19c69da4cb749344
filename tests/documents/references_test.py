#!/usr/bin/env python3
"""What documents and comments refer to exists: files and folders by their paths, headings by their names in quotes after the
document's. Usage: references_test.py TOP"""
import pathlib
import re
import subprocess
import sys

top = pathlib.Path(sys.argv[1])
listed = subprocess.run(["git", "-C", top, "ls-files"], capture_output=True, text=True)
if listed.returncode == 0:
    files = [top / name for name in listed.stdout.splitlines()]
else:  # an unpacked archive
    files = [f for f in top.glob("**/*") if "build" not in f.relative_to(top).parts and f.is_file()]
files = [f for f in files if f.is_file() and f.suffix in (".md", ".hpp", ".cpp", ".h", ".cmake", ".sh", ".py", ".txt", "")]
folders = {p.name for p in top.iterdir() if p.is_dir()} - {"build"}
headings = {}
for document in top.glob("**/*.md"):
    if "build" in document.relative_to(top).parts:
        continue
    lines = document.read_text().splitlines()
    titles = [re.sub(r"^#+ *", "", line).strip("[] ") for line in lines if line.startswith("#")]
    headings[document.name] = {*titles, *(title.split(" (")[0] for title in titles)}


def exists(path):
    """Whether `path` exists: as it is, without its extension, or with `{a,b}` for several names."""
    some = re.match(r"(.*)\{(.*)\}(.*)$", path)
    if some:
        return all(exists(some[1] + part + some[3]) for part in some[2].split(","))
    if "*" in path or re.search(r"[A-Z]{3,}|NAME|\.\.\.|<", path):
        return True  # a pattern
    return (top / path).exists() or any((top / path).parent.glob(pathlib.Path(path).name + ".*"))


faults = []
for file in files:
    name = file.relative_to(top).as_posix()
    if name == "CHANGELOG.md" or name.startswith("tests/documents/"):
        continue
    try:
        text = file.read_text()
    except UnicodeDecodeError:
        continue
    def fault(what):
        faults.append(f"{name}: {what}")
    if file.suffix == ".md":
        for path in re.findall(r"`([\w.{},*-]+/[\w./{},*-]*)`", text):
            if path.split("/")[0] in folders and not exists(path.rstrip("/")):
                fault(f"`{path}` does not exist")
        for path in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            if not (file.parent / path).exists():
                fault(f"a link to {path}, which does not exist")
    else:
        for comment in re.findall(r"(?m)(?:^|\s)(?://|#) ([^\n]*)", text):
            for path in re.findall(r"\b((?:doc|tests|scripts|cmake|bench)/[\w./-]*\w)", comment):
                if not exists(path) and not name.startswith("tests/unit/"):  # paths of samples
                    fault(f"{path} does not exist")
    joined = re.sub(r"\n *(?://|#) *", " ", text)
    for document, heading in re.findall(r'\b([A-Z]+\.md)\)?,? \(?"([^"\n]{3,60})"', joined):
        if document in headings and heading.rstrip(".,") not in headings[document]:
            fault(f'{document} has no heading "{heading}"')
    for document in re.findall(r"\b(?:doc/)?([A-Z]{4,}\.md)\b", joined):
        if document not in headings:
            fault(f"{document} does not exist")
if faults:
    sys.exit("\n".join(sorted(set(faults))))
print(f"{len(files)} files")
