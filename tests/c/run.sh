#!/bin/sh
# Usage: run.sh EXAMPLE DOCTEUR-MAKE   Expects the example to print what git and cat print.
set -eu
example=$1 make=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/site/sub/empty"
printf 'hello, world\n' > "$scratch/site/hello.txt"
seq 1 5000 > "$scratch/site/numbers"
ln -s ../numbers "$scratch/site/sub/link"
"$make" -q --author 'A U Thor <author@example.org>' -d 2020-10-10T08:00:00Z "$scratch/site" "$scratch/site.img"

"$example" "$scratch/site.img" / sub/link > "$scratch/out"
{
  printf 'commit %s\n' "$(head -c 20 "$scratch/site.img" | od -An -v -tx1 | tr -d ' \n')"
  printf 'author A U Thor\nhello.txt\nnumbers\nsub/\n'
  cat "$scratch/site/numbers"
} | cmp - "$scratch/out"

"$example" "$scratch/site.img" sub hello.txt | tail -n 3 > "$scratch/out"
printf 'empty/\nlink\nhello, world\n' | cmp - "$scratch/out"

# Errors are reported, and all memory is released then, too.
if "$example" "$scratch/site.img" hello.txt hello.txt 2> "$scratch/err" > /dev/null; then exit 1; fi
grep -q 'not a directory' "$scratch/err"
head -c 600 "$scratch/site.img" > "$scratch/cut.img"
if "$example" "$scratch/cut.img" / hello.txt 2> "$scratch/err"; then exit 1; fi
grep -q 'example: .*cut.img' "$scratch/err"
