#!/bin/sh
# Usage: symbols.sh LIB...   Fails if the libraries together need a symbol that a bare guest does not have.
# A guest brings the mem* functions (a compiler calls most of them by itself), libdeflate, and zlib's inflate.
set -eu
defined=$(mktemp)
trap 'rm -f "$defined"' EXIT
nm --defined-only "$@" | awk 'NF == 3 {print $3}' | sort -u >"$defined"
[ -s "$defined" ] || { echo "symbols.sh: nothing defined in $*" >&2; exit 1; }
extra=$(nm --undefined-only "$@" | awk 'NF == 2 {print $2}' | sort -u |
  grep -vxE 'mem(cpy|move|set|cmp|chr)|libdeflate_[a-z0-9_]+|inflate(Init2?_|Reset2?|End|SetDictionary|Copy)?|_GLOBAL_OFFSET_TABLE_' |
  grep -vxF -f "$defined" || true)
[ -z "$extra" ] && exit 0
printf 'not guest-safe, needs:\n' >&2
printf '%s\n' "$extra" | c++filt >&2
exit 1
