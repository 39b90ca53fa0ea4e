#!/bin/bash
# shellcheck disable=SC2154
# Print the total size of the mailboxes on stdin: `bytes NUMBER`. Appended to moves.sh.

while read -r kind id; do
    [ ! -d "$mail/$kind/$id" ] || printf '%s\0' "$mail/$kind/$id"
done >"$work/paths"
[ -s "$work/paths" ] || { say "bytes 0" && exit 0; }
say "bytes $(du --block-size=1 --total --summarize --files0-from="$work/paths" | tail -n 1 | cut -f 1)"
