#!/bin/sh
# Usage: options.sh PROGRAM PAGE   Every option that PROGRAM --help names is in the manual page, and vice versa.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$1" --help | sed -n 's/^ *\(-[^ ]*\).*/\1/p' | tr ',' '\n' | sort -u >"$work/help"
# A line such as: .It Fl b Ar REF , Fl -branch Ar REF
sed -n 's/^\.It Fl /Fl /p' "$2" | tr ' ' '\n' | sed -n '/^Fl$/{n;s/^/-/;p;}' | sort -u >"$work/page"
[ -s "$work/help" ] || { echo "no option in $1 --help"; exit 1; }
diff -u "$work/page" "$work/help" >"$work/diff" && exit 0
echo "$2 (-) and $(basename "$1") --help (+) differ:"
sed -n '3,$p' "$work/diff"
exit 1
