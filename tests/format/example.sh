#!/bin/sh
# Usage: example.sh DOCTEUR-MAKE FORMAT.md [--update]   docteur-make makes the image that FORMAT.md shows as its example,
# whose digest is the one in the text, and with SHA-256 ids one that has the lines shown of it. --update rewrites the image
# and its digest.
set -eu
make=$1 description=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/hello"
printf 'hello, world\n' > "$scratch/hello/greeting"
# dump NAME OPTION...: the image as od prints it, indented.
dump() {
  name=$1
  shift
  "$make" --author 'A U Thor <author@example.org>' -d 2020-10-10T08:00:00Z "$@" "$scratch/hello" "$scratch/hello.img" \
    2>"$scratch/$name.said"
  od -A x -t x1 "$scratch/hello.img" | sed 's/^/    /' > "$scratch/$name"
}
dump made
dump made256 --object-format sha256
digest=$(grep -o 'sha256:[0-9a-f]*' "$scratch/made.said")
sed -n '/^## An example/,$p' "$description" | grep -E '^    ([0-9a-f]{6}|\*)' > "$scratch/described" || true
sed -n '/^## Images of SHA-256/,/^## Restart/p' "$description" | grep -E '^    [0-9a-f]{6} ' > "$scratch/shown" || true
if [ "${3-}" = --update ]; then
  sed -i "/^## An example/,\$ { /^    /d; s/sha256:[0-9a-f]*/$digest/ }" "$description"
  cat "$scratch/made" >> "$description"
else
  diff "$scratch/described" "$scratch/made"
  sed -n '/^## An example/,$p' "$description" | grep -q "$digest" || { echo "the digest is $digest"; exit 1; }
fi
[ "$(wc -l < "$scratch/shown")" -ge 4 ] || { echo "no example of SHA-256"; exit 1; }
if grep -vxF -f "$scratch/made256" "$scratch/shown"; then
  echo "not in the image with SHA-256 ids"
  exit 1
fi
