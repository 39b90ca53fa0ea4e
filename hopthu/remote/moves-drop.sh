#!/bin/bash
# shellcheck disable=SC2154
# Remove what is left of mailboxes that have left, on stdin, and are complete elsewhere. Behind
# moves.sh.

cat >"$work/list"
whereabouts <"$work/list" | awk -v here="$here" '$3 == here' >"$work/ours"
[ ! -s "$work/ours" ] || fail "still of this host: $(head -n 1 "$work/ours")"
while read -r kind id; do
    rm -rf "${mail:?}/leaving/$kind/$id"
done <"$work/list"
