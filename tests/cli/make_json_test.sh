#!/bin/sh
# Usage: make_json_test.sh PROGRAM   --json prints one object whose figures are what git, sha256sum and ls say.
. "$(dirname "$0")/make.sh"
sample_repository repository
mkdir out
"$program" --json repository out/x.img >printed 2>said || die "status $?: $(cat said)"
[ "$(wc -l <printed)" = 1 ] || die "not one line: $(cat printed)"
grep -q 'commit [0-9a-f]\{40\}' said || die "nothing for a person: $(cat said)"
python3 - "$(git -C repository rev-parse HEAD)" "$(git -C repository rev-parse 'HEAD^{tree}')" \
  "$(git -C repository rev-list --objects --no-walk HEAD | wc -l)" "$(sha256sum <out/x.img | cut -d' ' -f1)" \
  "$(wc -c <out/x.img)" "$(git -C repository rev-list --objects --no-walk --no-object-names HEAD |
    git -C repository cat-file --batch-check='%(objectsize)' | awk '{n += $1} END {print n}')" <<'PYTHON'
import json
import sys

commit, root, objects, digest, size, content = sys.argv[1:7]
o = json.load(open("printed"))
expected = {"commit": commit, "root": root, "objects": int(objects), "sha256": digest, "image_bytes": int(size),
            "content_bytes": int(content), "fetched_bytes": 0}
for key, value in expected.items():
    if o[key] != value:
        sys.exit(f"{key}: {o[key]!r}, not {value!r}")
if abs(o["ratio"] - o["image_bytes"] / o["content_bytes"]) > 0.001 or not 0 < o["pack_bytes"] < o["image_bytes"]:
    sys.exit(f"bytes: {o}")
seconds = o["seconds"]
if not {"reading", "comparing", "writing", "total"} <= seconds.keys() or not all(v >= 0 for v in seconds.values()):
    sys.exit(f"seconds: {seconds}")
if abs(sum(v for k, v in seconds.items() if k != "total") - seconds["total"]) > 0.01:
    sys.exit(f"total: {seconds}")
PYTHON

# By a tag, and by a tag of a tag, the root is the tree's id all the same.
git -C repository tag -a -m v1 v1
git -C repository tag -a -m again v1-again v1 2>advice
for tag in v1 v1-again; do
  "$program" --json -q -b $tag repository out/x.img >printed 2>said || die "status $?: $(cat said)"
  grep -qF "\"root\":\"$(git -C repository rev-parse 'HEAD^{tree}')\"" printed || die "root of $tag: $(cat printed)"
done

# With -q only that; after a failure nothing.
"$program" --json -q repository out/x.img >printed 2>said || die "status $?"
[ ! -s said ] || die "not quiet: $(cat said)"
[ "$(wc -l <printed)" = 1 ] || die "no summary with -q"
rm out/x.img
refused 1 'nowhere' --json -b nowhere repository out/x.img
