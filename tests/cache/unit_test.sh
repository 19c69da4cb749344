#!/bin/sh
# Lets systemd check the unit file. Usage: unit_test.sh UNIT DOCTEUR_CACHE   Exit status 77 without systemd-analyze.
set -eu
command -v systemd-analyze >/dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The program is not installed. A template is checked as one of its instances.
sed "s|^ExecStart=/usr/bin/docteur-cache |ExecStart=$2 |" "$1" >"$work/docteur-cache@.service"
grep -q "^ExecStart=$2 /srv/docteur/%i.img --listen " "$work/docteur-cache@.service"
said=$(systemd-analyze verify --man=no --recursive-errors=no "$work/docteur-cache@site.service" 2>&1) ||
  { printf '%s\n' "$said" >&2; exit 1; }
[ -z "$said" ] || { printf '%s\n' "$said" >&2; exit 1; }
# Of 10 (everything is allowed), in tenths.
systemd-analyze security --offline=true --threshold=20 --no-pager "$work/docteur-cache@.service" >"$work/said" 2>&1 ||
  { cat "$work/said" >&2; exit 1; }
