#!/bin/bash
# Add a run to the journal: journal.sh <line, a JSON object
#
# Each line begins with `prev`, the SHA-256 of the line before it (of none: 64 zeros), so that no
# line can be changed, taken out or put in unseen. Written under a lock and synced; a line that was
# not written to its end, as by a power cut, never counted and makes room for this one.
#
# Exit 0: it is on disk. Else: why not, on stderr; the journal is as it was.
set -euo pipefail
umask 077

journal=${HOPTHU_STATE:-/var/lib/hopthu}/journal.jsonl
line=$(cat)
if [[ $line != '{'*'}' || $line == *$'\n'* ]]; then
    echo "a line of the journal is a JSON object on one line" >&2
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
