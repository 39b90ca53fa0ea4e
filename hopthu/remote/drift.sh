#!/bin/bash
# Tell what of this host is not as its last record says. Reads the script baseline.sh on stdin.
#
# Prints a line each: `record JSON`, the last record; `applied JSON`, the last that was an apply;
# `busy JSON`, the apply under way, by the side of which nothing else counts; `unfinished JSON`, one
# that died; `bare`, the record says nothing of the host; `- LINE` and `+ LINE`, what the record has
# and what is there instead; `newer NAME`, a package of a later version than applied.
set -euo pipefail
export LC_ALL=C

state=${HOPTHU_STATE:-/var/lib/hopthu}
work=$(mktemp -d -p /dev/shm hopthu.XXXXXX)
trap 'rm -rf "$work"' EXIT
cat >"$work/baseline.sh"

# Whether an apply holds this host, asked without taking its lock.
held() {
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
    # An apply that began meanwhile: half of what was seen is its doing.
    if [ "$record" != "$(readlink "$state/deployed")" ]; then printf 'busy {}\n'; fi
fi
if held; then
    printf 'busy %s\n' "$(cat "$state/holder")"
elif [ -e "$state/applying" ]; then
    printf 'unfinished %s\n' "$(cat "$state/applying")"
fi
