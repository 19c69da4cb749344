# Shared by the tests of docteur-make; `. make.sh` with the program's path in $1. Each test works in a new folder.
set -eu
program=$1
support=$(cd "$(dirname "$0")/../support" && pwd)
export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=T GIT_AUTHOR_EMAIL=t@t GIT_COMMITTER_NAME=T GIT_COMMITTER_EMAIL=t@t
unset SOURCE_DATE_EPOCH GIT_DIR GIT_WORK_TREE
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
cd "$work"

die() {
  echo "$*" >&2
  exit 1
}

# AddressSanitizer reserves address space and keeps freed memory for a while: limits on them are not for it.
is_sanitized() {
  grep -qa __asan_init "$program"
}

# own_mounts COMMAND...: runs it in a mount namespace of its own.
own_mounts() {
  "$support/own_mounts" "$@"
}

# make STATUS ARGUMENT...: docteur-make must end with STATUS, and write nothing to stdout. stderr is kept in $work/said.
make() {
  expected=$1
  shift
  status=0
  "$program" "$@" >printed 2>said || status=$?
  [ "$status" = "$expected" ] || die "status $status, not $expected: docteur-make $*
$(cat said)"
  [ ! -s printed ] || die "printed on stdout: docteur-make $*"
}

# refused STATUS TEXT ARGUMENT...: the same, with one line on stderr that holds TEXT, and no file `out/...` afterwards.
refused() {
  expected=$1
  text=$2
  shift 2
  mkdir -p out
  make "$expected" "$@"
  [ "$(wc -l <said)" = 1 ] || die "not one line: $(cat said)"
  grep -qF -- "$text" said || die "no word of '$text': $(cat said)"
  grep -q '^docteur-make: ' said || die "no program name: $(cat said)"
  [ -z "$(ls -A out)" ] || die "left behind: $(ls -A out)"
}

# The commit id in the header of an image, or in the section table of one with SHA-256 ids.
commit_of() {
  if [ "${GIT_DEFAULT_HASH:-sha1}" = sha256 ]; then
    idx=$(od -An -tu8 -j20 -N8 "$1" | tr -d ' ')
    od -An -v -tx1 -j$((idx - 512 + 464)) -N32 "$1" | tr -d ' \n'
  else
    od -An -v -tx1 -N20 "$1" | tr -d ' \n'
  fi
}

# A small repository named $1: folders, an executable, a link, two commits.
sample_repository() {
  git init -q -b main "$1"
  mkdir -p "$1/doc/deep" "$1/same"
  seq 20000 >"$1/doc/numbers"
  seq 2 20001 >"$1/doc/deep/numbers"
  echo x >"$1/same/x"
  cp -r "$1/same" "$1/again"
  printf '#!/bin/sh\n' >"$1/run"
  chmod +x "$1/run"
  ln -s doc/numbers "$1/link"
  git -C "$1" add -A
  git -C "$1" commit -qm one
  echo more >>"$1/doc/numbers"
  git -C "$1" commit -qam two
}
