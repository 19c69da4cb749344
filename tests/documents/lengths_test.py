#!/usr/bin/env python3
"""No function is longer than 60 lines and no file longer than 350: what is longer does more than one job.
Usage: lengths_test.py TOP"""

import ast
import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
MOST_OF_FUNCTION, MOST_OF_FILE = 60, 350
# Where clang-format begins the head of a function: at the margin, or inside a class. Its body ends with a brace below.
FRONT = re.compile(r"( {0,2})(?!namespace|class|struct|enum|union|extern|if|for|while|switch|else|do\b|return|case|//|#|[{}])\S.*")


def functions_of_cpp(lines):
    for i, line in enumerate(lines):
        if not (front := FRONT.fullmatch(line)):
            continue
        # A head may have several lines.
        opened = next((j for j in range(i, len(lines)) if not lines[j] or lines[j][-1] in ";{}"), i)
        head = " ".join(lines[i:opened + 1])
        if head.endswith("{") and ")" in head and " = {" not in head:
            end = next((j for j in range(opened + 1, len(lines)) if lines[j].startswith(front[1] + "}")), opened)
            yield line.strip(), end - i + 1


def functions_of_python(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield f"def {node.name}", node.end_lineno - node.lineno + 1


def sources():
    for path in sorted(TOP.rglob("*")):
        inside = path.relative_to(TOP)
        if inside.parts[0] in ("build", "third_party", ".git") or not path.is_file():
            continue
        is_named = path.suffix in (".cpp", ".hpp", ".h", ".c", ".py", ".sh", ".js")
        if is_named or path.suffix == "" and path.open("rb").read(2) == b"#!":
            yield inside, path.read_text(errors="replace")


wrong, files, functions = [], 0, 0
for name, text in sources():
    lines = text.splitlines()
    files += 1
    if len(lines) > MOST_OF_FILE:
        wrong.append(f"{name}: {len(lines)} lines")
    is_python = name.suffix == ".py" or text.startswith("#!/usr/bin/env python3")
    found = functions_of_cpp(lines) if name.suffix in (".cpp", ".hpp") else functions_of_python(text) if is_python else ()
    for what, length in found:
        functions += 1
        if length > MOST_OF_FUNCTION:
            wrong.append(f"{name}: {length} lines: {what}")
if files < 500 or functions < 2000:
    wrong.append(f"only {files} files and {functions} functions were found")
if wrong:
    sys.exit("\n".join(wrong))
print(f"{files} files, {functions} functions")
