#!/bin/bash
# shellcheck disable=SC2154
# Remove the old copies of the mailboxes on stdin, which are complete elsewhere. Appended to
# moves.sh.

cat >"$work/list"
whereabouts <"$work/list" | awk -v here="$here" '$3 == here' >"$work/ours"
[ ! -s "$work/ours" ] || fail "still on this host: $(head -n 1 "$work/ours")"
while read -r kind id; do
    rm -rf "${mail:?}/leaving/$kind/$id"
done <"$work/list"
