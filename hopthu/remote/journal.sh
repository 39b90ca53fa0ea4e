#!/bin/bash
# Append a run to the journal: journal.sh <line, a JSON object
#
# Each line begins with `prev`, the SHA-256 of the line before it (64 zeros for the first), so that
# changed, removed and inserted lines are detected. Written under a lock and synced; an incomplete
# last line, as after a power cut, is replaced.
#
# Exit 0: it is on disk. Otherwise the reason is on stderr, and the journal is unchanged.
set -euo pipefail
umask 077

journal=${HOPTHU_STATE:-/var/lib/hopthu}/journal.jsonl
line=$(cat)
if [[ $line != '{'*'}' || $line == *$'\n'* ]]; then
    echo "a line of the journal must be a JSON object on one line" >&2
    exit 1
fi

mkdir -p "${journal%/*}"
exec 9>>"$journal"
flock 9
size=$(stat -c %s "$journal")
unfinished=$(tail -n 1 "$journal" | wc -lc | awk '$1 == 0 { print $2 }')
size=$((size - ${unfinished:-0}))
truncate -s "$size" "$journal"
prev=0000000000000000000000000000000000000000000000000000000000000000
if [ "$size" != 0 ]; then
    prev=$(tail -n 1 "$journal" | head -c -1 | sha256sum | cut -c1-64)
fi
trap 'truncate -s "$size" "$journal"' ERR
printf '{"prev": "%s", %s\n' "$prev" "${line#\{}" >&9
sync -- "$journal"
