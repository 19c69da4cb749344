#!/bin/sh
# Usage: paths_test.sh FOLDER   "name/" is a directory's: of a file there is no such thing, as git and POSIX have it.
bin=$1
. "$(dirname "$0")/make.sh"
program=$bin/docteur-make
sample_repository repository
ln -s doc repository/to-doc
ln -s run/ repository/to-run
git -C repository add -A
git -C repository commit -qm three
make 0 repository app.img

# is STATUS WORDS NAME ARGUMENT...: how docteur-NAME ends, and a part of what it says or prints.
is() {
  expected=$1
  words=$2
  name=$3
  shift 3
  status=0
  "$bin/docteur-$name" "$@" >printed 2>said || status=$?
  [ $status = "$expected" ] || die "status $status, not $expected: docteur-$name $*: $(cat said)"
  cat said printed | grep -qF -- "$words" || die "docteur-$name $*: $(cat said printed)"
  [ "$expected" = 0 ] || [ ! -s printed ] || die "docteur-$name $* printed: $(cat printed)"
}
for path in run/ /run// doc/numbers/ link/ to-run again/x/; do is 1 'not a directory' cat app.img $path; done
is 1 'a directory' cat app.img doc/
is 0 '#!/bin/sh' cat app.img run
is 0 '20000' cat app.img //doc//numbers
is 0 '20000' cat app.img to-doc/numbers
is 0 'numbers' ls app.img doc/
is 0 'doc' ls app.img /
is 0 'run' ls app.img run
for path in run/ doc/numbers/ link/; do is 1 'not a directory' ls app.img $path; done
is 1 'no such path' ls app.img nowhere/
is 1 'not a directory' extract --path run/ app.img out
is 0 'files' extract --path doc/ app.img out
is 1 'not a directory' cache --show run/ app.img
is 0 '#!/bin/sh' cache --show run app.img
