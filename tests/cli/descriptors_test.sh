#!/bin/sh
# Usage: descriptors_test.sh FOLDER   Programs started with standard descriptors closed, each of the eight ways: no file
# gets what is meant for stdout or stderr, and a result that has nowhere to go is a failure.
bin=$1
. "$(dirname "$0")/make.sh"
program=$bin/docteur-make
sample_repository repository
git -C repository branch older HEAD^
make 0 repository good.img
cp good.img kept.img

# closed SUBSET COMMAND...: runs it with descriptors of the subset closed; its status is in $status.
closed() {
  subset=$1
  shift
  status=0
  case $subset in
    none) "$@" >printed 2>said || status=$? ;;
    0) "$@" <&- >printed 2>said || status=$? ;;
    1) "$@" >&- 2>said || status=$? ;;
    2) "$@" >printed 2>&- || status=$? ;;
    01) "$@" <&- >&- 2>said || status=$? ;;
    02) "$@" <&- >printed 2>&- || status=$? ;;
    12) "$@" >&- 2>&- || status=$? ;;
    012) "$@" <&- >&- 2>&- || status=$? ;;
  esac
}

# ended STATUS SUBSET NAME: how it must have ended where the result goes to a file, and 3 where stdout is closed.
ended() {
  expected=$1
  case $2 in *1*) expected=3 ;; esac
  [ $status = $expected ] || die "$3, descriptors $2 closed: status $status, not $expected"
}

for subset in none 0 1 2 01 02 12 012; do
  closed $subset "$program" repository made.img
  [ $status = 0 ] || die "docteur-make, descriptors $subset closed: status $status"
  cmp good.img made.img || die "docteur-make, descriptors $subset closed: another image"
  "$program" -q repository -b older made.img
  cp made.img before.img
  closed $subset "$program" --json repository made.img
  ended 0 $subset 'docteur-make --json'
  if [ $status = 0 ]; then cmp good.img made.img; else cmp before.img made.img; fi

  closed $subset "$bin/docteur-verify" good.img
  ended 0 $subset docteur-verify
  closed $subset "$bin/docteur-ls" -R good.img
  ended 0 $subset docteur-ls
  closed $subset "$bin/docteur-cat" good.img doc/numbers
  ended 0 $subset docteur-cat
  case $subset in *1*) ;; *) cmp repository/doc/numbers printed ;; esac
  closed $subset "$bin/docteur-cache" --show doc/numbers good.img
  ended 0 $subset docteur-cache
  case $subset in *1*) ;; *) cmp repository/doc/numbers printed ;; esac
  closed $subset "$bin/docteur-extract" good.img target
  [ $status = 0 ] || die "docteur-extract, descriptors $subset closed: status $status"
  diff -r --exclude=.git repository target || die "docteur-extract, descriptors $subset closed: other files"
  rm -r target
  closed $subset "$bin/docteur-extract" --json good.img target
  ended 0 $subset 'docteur-extract --json'
  if [ $status = 0 ]; then rm -r target; fi
  [ ! -e target ] || die "docteur-extract --json, descriptors $subset closed: a failure and a target"
  for name in make verify ls cat extract fetch blocks cache; do
    closed $subset "$bin/docteur-$name" --version
    ended 0 $subset "docteur-$name --version"
    closed $subset "$bin/docteur-$name" --nonsense
    [ $status = 2 ] || die "docteur-$name --nonsense, descriptors $subset closed: status $status"
  done
  cmp good.img kept.img || die "descriptors $subset closed: an image was written to"
done
[ -z "$(find . -maxdepth 1 -name '.*' ! -name .)" ] || die "left behind: $(ls -A)"

# Nor where there is no /dev/null.
if own_mounts true 2>/dev/null; then
  for subset in 1 2 12 012; do
    closed $subset own_mounts sh -c 'mount -t tmpfs none /dev && exec "$@"' sh "$program" repository bare.img
    [ $status = 0 ] || die "no /dev/null, descriptors $subset closed: status $status"
    cmp good.img bare.img
  done
fi
