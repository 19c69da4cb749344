#!/bin/sh
# Usage: proof_example.sh PROGRAMS PROOF.md [--update]   The proofs that PROOF.md shows are those of the image that FORMAT.md shows,
# the second one up to its signature; docteur-verify accepts both. --update rewrites them.
set -eu
bin=$1 description=$2
command -v ssh-keygen >/dev/null || exit 77
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/hello"
printf 'hello, world\n' >"$scratch/hello/greeting"
ssh-keygen -q -t ed25519 -N '' -C example -f "$scratch/key"
echo "example $(cat "$scratch/key.pub")" >"$scratch/allowed"
"$bin/docteur-make" -q --author 'A U Thor <author@example.org>' -d 2020-10-10T08:00:00Z --sign "$scratch/key" "$scratch/hello" "$scratch/hello.img"
"$bin/docteur-prove" "$scratch/hello.img" greeting >"$scratch/commit.proof"
"$bin/docteur-prove" --compact "$scratch/hello.img" greeting >"$scratch/list.proof"
root=$("$bin/docteur-verify" "$scratch/hello.img" | sed -n 's/^list.*sha256:\([0-9a-f]*\),.*/\1/p')
"$bin/docteur-verify" -q --proof "$scratch/commit.proof" --file "$scratch/hello/greeting" \
  --commit "$(od -An -v -tx1 -N20 "$scratch/hello.img" | tr -d ' \n')"
"$bin/docteur-verify" -q --proof "$scratch/list.proof" --file "$scratch/hello/greeting" --root "sha256:$root" --signature \
  --allowed-signers "$scratch/allowed"
before=$(grep -abo SSHSIG "$scratch/list.proof" | cut -d: -f1)
dump() { od -A x -t x1 "$@" | sed 's/^/    /'; }
dump "$scratch/commit.proof" >"$scratch/made"
dump -N "$before" "$scratch/list.proof" >>"$scratch/made"
if [ "${3-}" = --update ]; then
  awk -v made="$scratch/made" '/^    (COMMIT|LIST|0000[0-9a-f][0-9a-f])/ && on { if (!shown) while ((getline line < made) > 0) {
      print line; if (line !~ /^    0000[0-9a-f][0-9a-f] /) break } ; shown = 1; next }
    /^## Example/ { on = 1 } { shown = 0; print }' "$description" >"$scratch/new"
  sed -i "s/the root is the leaf, \`[^\`]*\`/the root is the leaf, \`$root\`/" "$scratch/new"
  cp "$scratch/new" "$description"
  exit
fi
sed -n '/^## Example/,$p' "$description" | grep -E '^    [0-9a-f]{6}' >"$scratch/described"
diff "$scratch/described" "$scratch/made"
grep -q "$root" "$description" || { echo "the root is $root"; exit 1; }
