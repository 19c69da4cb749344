#!/bin/sh
# Usage: verify_test.sh PROGRAM MAKE   What docteur-verify prints and where, and its exit status.
verify=$1
. "$(dirname "$0")/make.sh" "$2"
program=$2

# verify STATUS ARGUMENT...: must end with STATUS; stdout is in $work/printed, stderr in $work/said.
verify() {
  expected=$1
  shift
  status=0
  "$verify" "$@" >printed 2>said || status=$?
  [ "$status" = "$expected" ] || die "status $status, not $expected: docteur-verify $*
$(cat printed said)"
}
silent() {
  [ ! -s printed ] || die "printed: $(cat printed)"
  [ ! -s said ] || die "said: $(cat said)"
}

sample_repository repository
make 0 repository app.img
commit=$(git -C repository rev-parse HEAD)
root=$(git -C repository rev-parse 'HEAD^{tree}')

# A good image: docteur's own lines and the digest that make printed, nothing else anywhere.
digest=$(sed -n 's/.* bytes, digest \(sha256:[0-9a-f]*\)$/\1/p' said)
verify 0 app.img
printf 'commit\t: %s\nauthor\t: "T" <t@t>\nroot\t: %s\ndigest\t: %s\n\ntwo\n' "$commit" "$root" "$digest" >wanted
cmp wanted printed || die "stdout: $(cat printed)"
[ ! -s said ] || die "stderr: $(cat said)"
verify 0 -q app.img
silent
verify 0 --threads 3 app.img
cmp wanted printed
verify 0 -v app.img
cmp wanted printed
grep -q 'made by docteur [0-9.]*\( libdeflate [0-9.]*\)\{0,1\}, format version 1' said || die "no builder: $(cat said)"

# A commit without a message ends with the digest.
mkdir folder
echo x >folder/x
make 0 folder folder.img
verify 0 folder.img
[ "$(wc -l <printed)" = 4 ] || die "lines: $(cat printed)"

# Commits that old and broken programs wrote, all of which `git archive` takes: made, passed, and remarked on.
odd_commit() { # MESSAGE AUTHOR LINES...: fsck's message, the author that is printed, the lines behind the tree
  message=$1 author=$2
  shift 2
  id=$({ echo "tree $root"; printf '%s\n' "$@"; } | git -C repository hash-object --literally -t commit -w --stdin)
  git -C repository archive "$id" >odd.tar || die "git does not take $*"
  make 0 -b "$id" repository odd.img
  verify 0 odd.img
  printf 'author\t: %s\n' "$author" >wanted
  sed -n 2p printed | cmp wanted - || die "printed: $(cat printed)"
  grep -q ": note: commit $id: git fsck says $message\$" said || die "no remark of $message: $(cat said)"
  "$(dirname "$verify")/docteur-cat" odd.img run >read || die "docteur-cat does not read $*"
}
people='committer C <c@c> 3 +0000'
odd_commit multipleAuthors '"A" <a@a>' 'author A <a@a> 1 +0000' 'author B <b@b> 2 +0000' "$people" '' m
odd_commit missingSpaceBeforeDate '"A" <a@a>' 'author A <a@a>' ' 1 +0000' "$people" '' m
odd_commit missingAuthor '"" <>' "$people" '' m
odd_commit missingCommitter '"A" <a@a>' 'author A <a@a> 1 +0000' '' m
odd_commit badDateOverflow '"A" <a@a>' 'author A <a@a> 99999999999999999999 +0000' "$people" '' m
odd_commit badTimezone '"A" <a@a>' 'author A <a@a> 1 +00000' "$people" '' m

# A damaged one: one line for each fault, nothing on stdout.
cp app.img bad.img
size=$(wc -c <bad.img)
printf '\001' | dd of=bad.img bs=1 seek=$((size - 1)) conv=notrunc 2>dd.log
verify 1 bad.img
[ ! -s printed ] || die "printed for a damaged image: $(cat printed)"
printf 'docteur-verify: bad.img: malformed at 0x%x: bytes behind IDX are not zero\n' $((size - 1)) >wanted
printf 'docteur-verify: bad.img: note: the path section was not compared with the trees: fix the other faults first\n' >>wanted
cmp wanted said || die "stderr: $(cat said)"
verify 1 -q bad.img
silent
: >empty.img
verify 1 empty.img
grep -q '^docteur-verify: empty.img: truncated at 0x0: ' said || die "stderr: $(cat said)"

# What cannot be read, and wrong usage.
verify 3 nowhere.img
grep -q '^docteur-verify: nowhere.img: ' said
verify 3 folder
verify 2
verify 2 --nonsense app.img
verify 2 --threads x app.img

# JSON, of any bytes.
git -C repository -c i18n.commitEncoding=ISO-8859-1 -c user.name="$(printf 'Andr\351 "\\"')" commit -q --allow-empty \
  --author="$(printf 'Andr\351 <a@b>')" -m "$(printf 'caf\351\n\nquote " backslash \\ tab \t')"
make 0 repository latin.img
if command -v python3 >which.log; then
  for image in app.img latin.img bad.img empty.img; do
    "$verify" --json $image >$image.json 2>said || true
  done
  python3 - <<'END' || die "JSON"
import json
good, latin, bad, empty = (json.load(open(i + ".img.json", encoding="utf-8")) for i in ("app", "latin", "bad", "empty"))
assert good["ok"] and good["faults"] == [] and good["remarks"] == [], good
assert good["author"]["name"] == "T" and good["message"] == "two\n" and good["format"] == 1, good
assert good["builder"].startswith("docteur ") and good["objects"]["commit"] == 1, good
assert bytes.fromhex(latin["author"]["name_hex"]) == b"Andr\xe9", latin
assert bytes.fromhex(latin["message_hex"]).startswith(b"caf\xe9\n\nquote"), latin
assert not bad["ok"] and bad["fault_count"] == 1 and bad["faults"][0]["code"] == "malformed", bad
assert bad["faults"][0]["offset"] == bad["image_bytes"] - 1, bad
assert not empty["ok"] and len(empty["faults"]) == 1, empty
END
fi
verify 0 -q --json app.img
silent

# Somebody who stops reading is no failure to talk about.
"$verify" app.img 2>said | true
[ ! -s said ] || die "stderr: $(cat said)"
