#!/bin/bash
# Print how this host differs from its last record. Reads the script baseline.sh from stdin.
#
# Prints lines: `record JSON`, the last record; `applied JSON`, the last one of an apply;
# `busy JSON`, an apply in progress, which makes all other lines meaningless; `unfinished JSON`, an
# interrupted apply; `bare` if the record lacks the state of the host; `- LINE` and `+ LINE`, what the
# record has and what is there instead; `newer NAME`, a package of a later version than applied.
set -euo pipefail
export LC_ALL=C

state=${HOPTHU_STATE:-/var/lib/hopthu}
work=$(mktemp -d -p /dev/shm hopthu.XXXXXX)
trap 'rm -rf "$work"' EXIT
cat >"$work/baseline.sh"

# Succeed if an apply has locked this host; the lock itself is not taken.
locked() {
    [ -e "$state/lock" ] || return 1
    grep -q " FLOCK .* WRITE .*:$(stat -c %i "$state/lock") " /proc/locks
}

if [ -e "$state/deployed/record.json" ]; then
    record=$(readlink "$state/deployed")
    printf 'record %s\n' "$(cat "$state/deployed/record.json")"
    for id in $(find "$state/records" -mindepth 1 -maxdepth 1 -name '[0-9]*' -printf '%f\n' | sort -r); do
        if grep -q '"result": "applied"' "$state/records/$id/record.json"; then
            printf 'applied %s\n' "$(cat "$state/records/$id/record.json")"
            break
        fi
    done
    if [ -e "$state/deployed/baseline" ]; then
        bash "$work/baseline.sh" >"$work/found"
        comm -23 "$state/deployed/baseline" "$work/found" | tee "$work/was" | sed 's/^/- /'
        comm -13 "$state/deployed/baseline" "$work/found" | tee "$work/is" | sed 's/^/+ /'
        join -t $'\t' "$work/was" "$work/is" | while IFS=$'\t' read -r name was is; do
            [[ $name == "package "* ]] || continue
            if dpkg --compare-versions "${is% hold}" gt "${was% hold}"; then
                printf 'newer %s\n' "${name#package }"
            fi
        done
    else
        echo bare
    fi
    # An apply that started meanwhile may have caused the differences.
    if [ "$record" != "$(readlink "$state/deployed")" ]; then printf 'busy {}\n'; fi
fi
if locked; then
    printf 'busy %s\n' "$(cat "$state/holder")"
elif [ -e "$state/applying" ]; then
    printf 'unfinished %s\n' "$(cat "$state/applying")"
fi
