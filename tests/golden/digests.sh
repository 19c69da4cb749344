#!/bin/sh
# Usage: digests.sh GOLDEN_PACKS DOCTEUR_MAKE [--update]   The SHA-256 of all that is made of the golden corpus, with any
# number of threads (of those in $THREADS), is that in digests.txt. --update rewrites digests.txt, after a change that is meant
# to change images and has an entry in CHANGELOG.md.
set -eu
packs=$1 make=$2
update=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@t
export GIT_AUTHOR_DATE='1602316800 +0000' GIT_COMMITTER_DATE='1602316800 +0000'
unset SOURCE_DATE_EPOCH GIT_DIR GIT_WORK_TREE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$packs" corpus corpus
"$packs" large large
git init -q -b main repository
cp -r corpus/. repository
chmod +x repository/bin/v1
ln -s html/page0.html repository/link
git -C repository add -A
git -C repository update-index --add --cacheinfo 160000,0123456789abcdef0123456789abcdef01234567,module
git -C repository commit -qm 'The golden corpus'
git -C repository tag -a -m 'Version 1' v1

# image NAME ARGUMENT...: makes images/NAME.
image() {
  name=$1
  shift
  "$make" -q --threads "$threads" "$@" "images/$name"
}
folder() { image "$@" -d 2020-10-10T08:00:00+00:00 --author 'Jane Doe <jane@example.org>'; }

for threads in ${THREADS:-1 2 7}; do
  mkdir packs images
  "$packs" packs packs $threads
  for effort in fast normal max; do
    for optimize in balance size serve; do
      folder $effort-$optimize --bs 512 --effort $effort --optimize $optimize corpus
    done
  done
  folder folder-4096 --bs 4096 corpus
  folder folder-sha256 --bs 4096 --object-format sha256 corpus
  folder large --bs 512 large
  image branch --bs 512 repository -b main
  image tag --bs 4096 repository -b v1
  sha256sum packs/* images/* >digests
  if [ "$update" = --update ] && [ "$threads" = 1 ]; then cp digests "$here/digests.txt"; fi
  diff -u "$here/digests.txt" digests >&2 || { echo "other bytes with $threads threads" >&2; exit 1; }
  rm -r packs images
done
