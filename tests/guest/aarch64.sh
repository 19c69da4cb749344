#!/bin/sh
# The code for AArch64's SHA instructions, cross-compiled and run in an emulator.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# tl::expected is a header for any processor; the host's other headers are not.
mkdir "$work/include"
ln -s /usr/include/tl "$work/include/tl"
aarch64-linux-gnu-g++ -std=c++20 -O2 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -static -I"$top" -I"$work/include" \
  "$top/tests/guest/aarch64_sha.cpp" "$top"/object/sha1.cpp "$top"/object/sha256.cpp "$top"/object/sha_aarch64.cpp -o "$work/sha"
qemu-aarch64 -cpu max "$work/sha"
