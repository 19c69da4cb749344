#!/bin/sh
# Usage: make_device_test.sh PROGRAM   Onto a block device: in place, header last, zeros behind. Needs a loop device,
# so root; 77 (skipped) without.
. "$(dirname "$0")/make.sh"
sample_repository r
head -c 2097152 /dev/urandom >disk
device=$(losetup -f --show disk 2>/dev/null) || { echo "no loop device"; exit 77; }
trap 'losetup -d "$device" || true; rm -rf "$work"' EXIT

make 0 r file.img
make 0 r "$device"
size=$(wc -c <file.img)
cmp -n "$size" file.img "$device"
[ "$(tail -c +$((size + 1)) "$device" | tr -d '\0' | wc -c)" = 0 ] || die "old bytes behind the image"
# An image of the default block size is whole on a disk of 4,096-byte sectors.
if large=$(losetup -f --show -r -b 4096 file.img 2>/dev/null); then
  cmp file.img "$large" || { losetup -d "$large"; die "cut at the last sector of 4,096 bytes"; }
  losetup -d "$large"
fi
# From the image on a device to a file, but not to the device that it is on.
make 0 --from "$device" r again.img
make 2 --from "$device" r "$device"
grep -q 'is the device that the new image is written to' said || die "$(cat said)"
cmp -n "$size" file.img "$device"
# A wrong name leaves the device as it was; an image that does not fit leaves no header.
make 1 -b nothing r "$device"
cmp -n "$size" file.img "$device"
mkdir folder
for i in 1 2 3 4 5; do head -c 700000 /dev/urandom >folder/$i; done
make 3 folder "$device"
grep -q 'larger than the device (2097152 bytes)' said || die "$(cat said)"
[ "$(head -c 28 "$device" | tr -d '\0' | wc -c)" = 0 ] || die "a header on half an image"
