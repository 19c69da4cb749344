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

# The versions of an image, and the content of each.
test -z "$("$example" "$scratch/site.img")"
export HOME="$scratch" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME='A U Thor' GIT_AUTHOR_EMAIL=author@example.org
export GIT_COMMITTER_NAME='A U Thor' GIT_COMMITTER_EMAIL=author@example.org
git init -q -b main "$scratch/repository"
for version in 1 2; do
  mkdir -p "$scratch/repository/in$version"
  printf 'content of %s\n' $version > "$scratch/repository/in$version/file"
  printf 'version %s\n' $version > "$scratch/repository/hello.txt"
  git -C "$scratch/repository" add .
  git -C "$scratch/repository" commit -q -m "version $version"
  git -C "$scratch/repository" tag v$version
done
"$make" -q "$scratch/repository" "$scratch/two.img" -b main=latest -b v1
commit_of() { git -C "$scratch/repository" rev-parse "$1"; }
"$example" "$scratch/two.img" > "$scratch/out"
printf 'latest %s refs/heads/main\nv1 %s refs/tags/v1\n' "$(commit_of main)" "$(commit_of v1)" | cmp - "$scratch/out"
"$example" "$scratch/two.img" / hello.txt v1 > "$scratch/out"
printf 'commit %s\nauthor A U Thor\nhello.txt\nin1/\nversion 1\n' "$(commit_of v1)" | cmp - "$scratch/out"
"$example" "$scratch/two.img" in1 in2/file refs/heads/main > "$scratch/out"
printf 'commit %s\nauthor A U Thor\nfile\ncontent of 2\n' "$(commit_of main)" | cmp - "$scratch/out"
if "$example" "$scratch/two.img" / hello.txt v3 2> "$scratch/err"; then exit 1; fi
grep -q '^example: v3: no such version' "$scratch/err"
