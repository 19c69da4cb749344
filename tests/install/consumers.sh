#!/bin/sh
# Usage: consumers.sh BUILD CXX   Installs BUILD into a temporary prefix, then builds and runs programs that find the
# libraries below that prefix by CMake and by pkg-config, one for each library.
set -eu
build=$1 cxx=$2
here=$(cd "$(dirname "$0")" && pwd)
examples=$(cd "$here/../../examples" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

cmake --install "$build" --prefix "$prefix" >/dev/null
for page in "$here"/../../man/*.[15]; do
  [ -n "$(find "$prefix" -path "*/man*/$(basename "$page")")" ] || { echo "not installed: $(basename "$page")"; exit 1; }
done
for program in "$build"/bin/docteur-*; do
  [ -e "$program" ] || continue
  case $program in
    *.elf) # a kernel image
      [ -f "$prefix/lib/docteur/$(basename "$program")" ] || { echo "not installed: $program"; exit 1; }
      continue ;;
  esac
  [ -x "$prefix/bin/$(basename "$program")" ] || { echo "not installed: $program"; exit 1; }
  "$prefix/bin/$(basename "$program")" --version
done
for shell in bash-completion/completions/docteur-make zsh/site-functions/_docteur-make fish/vendor_completions.d/docteur-make.fish; do
  [ -s "$prefix/share/$shell" ] || { echo "not installed: $shell"; exit 1; }
done
for header in object/oid.hpp pack/writer.hpp idx/format.hpp; do
  [ -f "$prefix/include/docteur/$header" ] || { echo "not installed: $header"; exit 1; }
done

cmake -G Ninja -S "$here/consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" \
  -DEXAMPLES="$examples" >"$work/log" 2>&1 &&
  cmake --build "$work/cmake" >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$work/cmake/consumer"
"$work/cmake/builder_consumer"
mkdir "$work/folder"
seq 1000 >"$work/folder/numbers"
"$prefix/bin/docteur-make" -q "$work/folder" "$work/disk.img"
[ "$("$work/cmake/remote_consumer" "$work/disk.img")" = "$(stat -c %s "$work/disk.img")" ]
"$work/cmake/host_consumer" "$work/disk.img" /numbers | cmp - "$work/folder/numbers"
{
  echo "commit $(od -An -v -tx1 -N 20 "$work/disk.img" | tr -d ' \n')"
  printf '%10d numbers\n' "$(wc -c <"$work/folder/numbers")"
  cat "$work/folder/numbers"
} >"$work/expected"
"$work/cmake/read_image" "$work/disk.img" / numbers | cmp - "$work/expected"
if "$work/cmake/read_image" "$work/disk.img" / / >/dev/null 2>"$work/said"; then echo "a directory is no file"; exit 1; fi
grep -q '^read_image: /: not a file$' "$work/said"

libdir=$(dirname "$(find "$prefix" -name docteur-reader.pc)")
flags() { PKG_CONFIG_PATH=$libdir pkg-config "$@"; }
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$here/consumer/main.cpp" -o "$work/by-pkg-config" $(flags --cflags --libs docteur-reader)
"$work/by-pkg-config"
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$here/consumer/host.cpp" -o "$work/host-by-pkg-config" $(flags --cflags --libs docteur-host)
"$work/host-by-pkg-config" "$work/disk.img" /numbers | cmp - "$work/folder/numbers"
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$examples/read_image.cpp" -o "$work/example-by-pkg-config" $(flags --cflags --libs docteur-host)
"$work/example-by-pkg-config" "$work/disk.img" / numbers | cmp - "$work/expected"
if ldd "$work/host-by-pkg-config" | grep -E 'git2|tbb|curl'; then echo "the host library needs too much"; exit 1; fi
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$here/consumer/remote.cpp" -o "$work/remote-by-pkg-config" $(flags --cflags --libs docteur-remote)
[ "$("$work/remote-by-pkg-config" "$work/disk.img")" = "$(stat -c %s "$work/disk.img")" ]
# shellcheck disable=SC2046
"$cxx" -std=c++20 "$here/consumer/builder.cpp" -o "$work/builder-by-pkg-config" $(flags --cflags --libs docteur-builder)
"$work/builder-by-pkg-config"
