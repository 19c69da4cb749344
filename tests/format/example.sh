#!/bin/sh
# Usage: example.sh DOCTEUR-MAKE FORMAT.md [--update]   docteur-make makes the image that FORMAT.md shows as its example.
# --update rewrites the example.
set -eu
make=$1 description=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/hello"
printf 'hello, world\n' > "$scratch/hello/greeting"
"$make" -q --author 'A U Thor <author@example.org>' -d 2020-10-10T08:00:00Z "$scratch/hello" "$scratch/hello.img"
od -A x -t x1 "$scratch/hello.img" | sed 's/^/    /' > "$scratch/made"
sed -n '/^## An example/,$p' "$description" | grep -E '^    ([0-9a-f]{6}|\*)' > "$scratch/described" || true
if [ "${3-}" = --update ]; then
  sed -i '/^## An example/,$ { /^    /d }' "$description"
  cat "$scratch/made" >> "$description"
else
  diff "$scratch/described" "$scratch/made"
fi
