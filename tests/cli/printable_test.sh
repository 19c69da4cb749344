#!/bin/sh
# Usage: printable_test.sh FOLDER   Names, messages and arguments of any bytes: none that moves the cursor, changes its
# colour, reorders a line or is no UTF-8 reaches a person; programs get them as they are.
bin=$1
. "$(dirname "$0")/make.sh"
program=$bin/docteur-make
esc=$(printf '\033') c1=$(printf '\302\233') raw=$(printf '\233') bidi=$(printf '\342\200\256') bom=$(printf '\357\273\277')
bad=$(printf '\355\240\200') line=$(printf '\342\200\250') good=$(printf '\303\251\342\202\254\360\237\230\200')
ugly="$esc[31m$c1$raw$bidi$bom$bad$line"
shown='\\x1b\[31m\\xc2\\x9b\\x9b\\xe2\\x80\\xae\\xef\\xbb\\xbf\\xed\\xa0\\x80\\xe2\\x80\\xa8'

# clean WHAT FILE...: nothing but printable ASCII, $good, tabs and newlines; and $ugly is there, escaped.
clean() {
  what=$1
  shift
  LC_ALL=C sed "s/$good//g" "$@" | LC_ALL=C tr -d '\n\t -~' >odd
  [ ! -s odd ] || die "$what: $(od -An -tx1 odd): $(cat -v "$@")"
  LC_ALL=C grep -q -- "$shown" "$@" || die "$what: not shown: $(cat -v "$@")"
}

git init -q -b main r
mkdir "r/d$ugly"
echo x >"r/$ugly$good"
echo y >"r/d$ugly/file"
python3 -c 'import sys; sys.stdout.buffer.write(b"x" + b"\xc3\xa9" * 5000 + b"\n")' >r/long
git -C r -c core.protectNTFS=false add -A
# As objects: git commit and git tag mend what is no UTF-8.
commit=$(printf 'tree %s\nauthor A %s B <a@b> 1 +0000\ncommitter C <c> 1 +0000\n\none %s\n\n\ttwo \\ %s\n' \
  "$(git -C r write-tree)" "$ugly" "$ugly" "$good" | git -C r hash-object -t commit -w --stdin)
tag=$(printf 'object %s\ntype commit\ntag v1%s\ntagger C <c> 1 +0000\n\nx\n' "$commit" "$ugly" |
  git -C r hash-object -t tag -w --literally --stdin)
git -C r update-ref refs/heads/main "$commit"
git -C r update-ref refs/tags/v1 "$tag"
make 0 -q -b v1 r a.img
mv a.img "i$ugly.img"

run() {
  expected=$1
  shift
  status=0
  "$@" >printed 2>said || status=$?
  [ $status = "$expected" ] || die "status $status, not $expected: $*: $(cat said)"
}
run 0 "$bin/docteur-ls" "i$ugly.img"
clean docteur-ls printed
grep -q "$good" printed || die "good UTF-8 is escaped: $(cat -v printed)"
run 0 "$bin/docteur-ls" -lR "i$ugly.img"
clean 'docteur-ls -lR' printed
run 0 "$bin/docteur-ls" -z "i$ugly.img"
tr '\0' '\n' <printed | LC_ALL=C grep -qxF "$ugly$good" || die "docteur-ls -z: $(cat -v printed)"
run 1 "$bin/docteur-ls" "i$ugly.img" "no$ugly"
clean 'docteur-ls, no such path' said
run 1 "$bin/docteur-cat" "i$ugly.img" "no$ugly" "d$ugly" "d$ugly/file/"
clean docteur-cat said
run 3 "$bin/docteur-cat" "none$ugly" x
clean 'docteur-cat, no such image' said
run 0 "$bin/docteur-verify" -v "i$ugly.img"
clean 'docteur-verify, the commit' printed
clean 'docteur-verify, remarks' said
grep -q "^	two \\\\ $good\$" printed || die "the message's own tabs and backslashes: $(cat -v printed)"
run 0 "$bin/docteur-verify" --json "i$ugly.img"
LC_ALL=C sed "s/$good//g" printed | LC_ALL=C tr -d '\n -~' >odd
printf '\357\277\275' >replacement
LC_ALL=C tr -d '\357\277\275' <odd >more
[ ! -s more ] || die "docteur-verify --json: $(od -An -tx1 more)"
python3 -c 'import json, sys; json.loads(open("printed", "rb").read().decode())' || die "no JSON: $(cat -v printed)"
run 0 "$bin/docteur-extract" "i$ugly.img" "t$ugly"
clean docteur-extract said
run 1 "$bin/docteur-extract" --path "no$ugly" "i$ugly.img" other
clean 'docteur-extract, no such folder' said
make 0 -v r "j$ugly.img"
clean docteur-make said
mkfifo "p$ugly"
mkdir plain
mv "p$ugly" plain
make 1 plain x.img
clean 'docteur-make, a FIFO' said
make 2 -b "no$ugly" r x.img
clean 'docteur-make, no such branch' said
make 2 --effort "no$ugly" r x.img
clean 'docteur-make, a wrong word' said
for name in make verify ls cat extract fetch blocks cache; do
  run 2 "$bin/docteur-$name" "--no$ugly" x y
  clean "docteur-$name, an argument" said
done
run 1 "$bin/docteur-cache" --show "no$ugly" "i$ugly.img"
clean docteur-cache said
printf 'ls\ncat long\ninfo\nstat "no%s"\ncat "no%s"\nno%s\nexit\n' "$ugly" "$ugly" "$ugly" >keys
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$bin/docteur-cache" --console --listen "127.0.0.1:$port" "i$ugly.img" <keys >printed 2>said &
cache=$!
for _ in $(seq 300); do grep -q 'no such command' printed && break || sleep 0.1; done
kill $cache || die "ended by itself: $(cat -v said)"
wait $cache || true
# What was typed is shown as it was typed: those lines begin with the prompt.
grep -v '^> ' printed | LC_ALL=C grep -v '^x' >answers
LC_ALL=C grep '^x' printed | cmp - r/long || die "docteur-cache cuts characters"
clean 'the shell of docteur-cache' answers
